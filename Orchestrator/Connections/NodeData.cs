namespace TraversalLearning.Orchestration.Connections;

/// <summary>
/// Identifies a node's data. A reconnecting node must have the same data, or the result would change.
/// </summary>
/// <param name="SampleCount">Number of samples.</param>
/// <param name="Fingerprint">SHA-256 of the samples.</param>
internal sealed record NodeData(long SampleCount, string Fingerprint);
