namespace TraversalLearning.Data;

/// <summary>What becomes of the rows of an epoch that do not fill a batch.</summary>
public enum LastBatch
{
    /// <summary>They are a smaller batch.</summary>
    Keep,

    /// <summary>They are left out of that epoch.</summary>
    Drop,
}
