using TraversalLearning.Orchestration.Planning;
using TraversalLearning.Orchestration.Scheduling;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training;

/// <summary>Centralized training on the same virtual batches: what traversal learning must equal.</summary>
internal sealed class CentralizedGradient(ModelManager model, PooledSamples samples) : IGradientSource
{
    public Task<BatchOutcome> ComputeAsync(VirtualBatch batch, CancellationToken cancellationToken) => Task.FromResult(Compute(batch));

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
