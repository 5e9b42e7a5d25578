using TraversalLearning.Data.Batches;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training.Model;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>Centralized training on the same virtual batches: the reference for traversal learning.</summary>
internal sealed class CentralizedGradient(ModelManager model, PooledSamples samples) : IGradientSource
{
    /// <inheritdoc/>
    public StepClock Clock { get; } = new();

    /// <inheritdoc/>
    public Task<BatchOutcome> ComputeAsync(VirtualBatch batch, CancellationToken cancellationToken)
    {
        Clock.Lap(StepPart.Other);
        BatchOutcome outcome = Compute(batch);
        Clock.Lap(StepPart.OrchestratorCompute);
        return Task.FromResult(outcome);
    }

    /// <inheritdoc/>
    public string DescribeData() => samples.DescribeLargest();

    public BatchOutcome Compute(VirtualBatch batch)
    {
        (Tensor inputs, Tensor labels) = samples.Gather(batch);
        using (inputs)
        using (labels)
        {
            return model.PooledGradient(inputs, labels);
        }
    }
}
