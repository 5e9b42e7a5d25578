namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>A sample as messages name it.</summary>
/// <param name="NodeId">The node that holds it.</param>
/// <param name="Index">Its index there.</param>
internal readonly record struct SampleRow(int NodeId, int Index);
