namespace TraversalLearning.Orchestration.Audit;

/// <summary>What an audit found.</summary>
/// <param name="Findings">In the order of exchanges, parties, attacks and steps.</param>
/// <param name="Samples">Training samples of all nodes.</param>
/// <param name="SampleShape">Dimensions of a sample as it is stored; a model may take it flat.</param>
internal sealed record AuditResult(IReadOnlyList<Finding> Findings, int Samples, long[] SampleShape);
