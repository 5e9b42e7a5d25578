using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Planning;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>Where the gradient of a batch comes from: the nodes, or pooled data. The loop around it is the same.</summary>
internal interface IGradientSource
{
    /// <summary>Where the time of a step goes.</summary>
    StepClock Clock { get; }

    /// <summary>What is known of the data, for who looks for the cause of a loss that is NaN or infinite.</summary>
    string DescribeData() => "the data of the nodes";

    /// <summary>Leaves the gradient of the batch's mean loss in the model's flat gradient.</summary>
    Task<BatchOutcome> ComputeAsync(VirtualBatch batch, CancellationToken cancellationToken);
}
