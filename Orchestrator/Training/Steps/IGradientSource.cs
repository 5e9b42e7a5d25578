using TraversalLearning.Data.Batches;
using TraversalLearning.Orchestration.Training.Model;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>Source of a batch's gradient: nodes or pooled data, behind the same training loop.</summary>
internal interface IGradientSource
{
    /// <summary>Measures where the time of a step goes.</summary>
    StepClock Clock { get; }

    /// <summary>Describes the data, as a hint to the cause of a NaN or infinite loss.</summary>
    string DescribeData() => "the data of the nodes";

    /// <summary>Writes the gradient of the batch's mean loss to the model's flat gradient.</summary>
    Task<BatchOutcome> ComputeAsync(VirtualBatch batch, CancellationToken cancellationToken);
}
