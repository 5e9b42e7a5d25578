namespace TraversalLearning.Orchestration.Audit;

/// <summary>What attacks recover, as findings name it.</summary>
internal static class Measures
{
    public const string Labels = "labels";

    public const string Groups = "groups";

    public const string Counts = "class counts";

    public const string Inputs = "inputs";

    public const string Members = "members";

    public const string Noise = "noise";
}
