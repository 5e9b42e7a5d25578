namespace TraversalLearning.Security;

/// <summary>Object identifiers of extended key usages.</summary>
public static class KeyUsages
{
    /// <summary>The side that listens.</summary>
    public const string Server = "1.3.6.1.5.5.7.3.1";

    /// <summary>The side that connects.</summary>
    public const string Client = "1.3.6.1.5.5.7.3.2";
}
