namespace TraversalLearning.Records;

/// <summary>What a verification has found.</summary>
/// <param name="File">Name of the file.</param>
/// <param name="Line">Number of the line in the file, from 1; <see langword="null"/> for the file itself.</param>
/// <param name="IsDamage">Whether the record is not what was written; otherwise the node was only interrupted.</param>
/// <param name="Text">What it is.</param>
public sealed record RecordFinding(string File, long? Line, bool IsDamage, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => Line is { } line ? $"{File}:{line}: {Text}" : $"{File}: {Text}";
}
