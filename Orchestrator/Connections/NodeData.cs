namespace TraversalLearning.Orchestration.Connections;

/// <summary>What tells a node's data from other data. Who comes back must have the same, or the result would be another.</summary>
/// <param name="SampleCount">How many samples.</param>
/// <param name="Fingerprint">SHA-256 over them.</param>
internal sealed record NodeData(long SampleCount, string Fingerprint);
