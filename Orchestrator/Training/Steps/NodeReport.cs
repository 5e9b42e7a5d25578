using TraversalLearning.Nodes;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>What a node says of itself when it is asked.</summary>
/// <param name="NodeId">Whose.</param>
/// <param name="SampleCount">Its local sample indices are from 0 to this, exclusive.</param>
/// <param name="Metadata">Names and values, for people.</param>
internal sealed record NodeReport(int NodeId, int SampleCount, NodeMetadata Metadata)
{
    /// <summary>Whether it takes its part of a common set, as <c>--partition</c> says.</summary>
    public bool IsDealt { get; init; }
}
