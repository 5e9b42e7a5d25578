namespace TraversalLearning.Data;

/// <summary>Handling of an epoch's remaining rows that do not fill a batch.</summary>
public enum LastBatch
{
    /// <summary>They form a smaller batch.</summary>
    Keep,

    /// <summary>They are skipped in that epoch.</summary>
    Drop,
}
