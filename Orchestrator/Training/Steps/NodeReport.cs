using TraversalLearning.Nodes;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>A node's reply to the index-range query.</summary>
/// <param name="NodeId">The node's id.</param>
/// <param name="SampleCount">Local sample indices range from 0 to this, exclusive.</param>
/// <param name="Metadata">Names and values, for display.</param>
internal sealed record NodeReport(int NodeId, int SampleCount, NodeMetadata Metadata)
{
    /// <summary>Whether its data is its part of a common set, divided by <c>--partition</c>.</summary>
    public bool IsDealt { get; init; }
}
