namespace TraversalLearning.Records;

/// <summary>The node ended in the middle of a line, or lost lines that were not on the disk yet; it was started again here.</summary>
public sealed record InterruptionLine : RecordLine
{
    /// <summary>Length of what stood in place of whole lines.</summary>
    public required long Bytes { get; init; }

    /// <summary>SHA-256 of that.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Name of the file in which that is kept.</summary>
    public required string Kept { get; init; }
}
