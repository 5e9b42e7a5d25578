using TraversalLearning.Data.Batches;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.Orchestration.Training.Blind;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Steps;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>Whose steps <see cref="Verifier"/> compares with centralized training.</summary>
internal interface IVerifiedTrainer
{
    /// <summary>θ.</summary>
    FlatParameters Parameters { get; }

    /// <summary>The gradient of the last step, before any clipping.</summary>
    Tensor Gradient { get; }

    /// <summary>Computes the gradient of a batch.</summary>
    Task ComputeAsync(VirtualBatch batch, CancellationToken cancellationToken);

    /// <summary>Completes the step on θ, unless that is part of <see cref="ComputeAsync"/>.</summary>
    void Update();

    /// <summary>Advances the learning rate, unless the trainer does that itself.</summary>
    void EndEpoch();
}

/// <summary>The orchestrator trains the model.</summary>
internal sealed class VerifiedOrchestrator(ModelManager model, IGradientSource gradients) : IVerifiedTrainer
{
    public FlatParameters Parameters => model.Parameters;

    public Tensor Gradient => model.Parameters.Gradient;

    public Task ComputeAsync(VirtualBatch batch, CancellationToken cancellationToken) => gradients.ComputeAsync(batch, cancellationToken);

    public void Update() => model.Update();

    public void EndEpoch() => model.EndEpoch();
}

/// <summary>With the blind exchange: the nodes train the model. All have the same, so the first one's is compared.</summary>
internal sealed class VerifiedNode : IVerifiedTrainer, IDisposable
{
    private readonly BlindGroup _group;
    private readonly BlindReplica _replica;

    public VerifiedNode(BlindGroup group, LocalNodes nodes)
    {
        _group = group;
        _replica = nodes.ReplicaOf(1)!;
        Gradient = zeros_like(_replica.Parameters.Gradient);
        _replica.Summed = _ => Gradient.copy_(_replica.Parameters.Gradient);
    }

    public FlatParameters Parameters => _replica.Parameters;

    public Tensor Gradient { get; }

    public async Task ComputeAsync(VirtualBatch batch, CancellationToken cancellationToken)
    {
        await _group.StepAsync(batch, cancellationToken);
        await _group.FlushAsync(cancellationToken);
    }

    public void Update()
    {
        // The nodes have added the sum to θ already.
    }

    public void EndEpoch()
    {
        // Nodes know the epoch of every step.
    }

    public void Dispose()
    {
        _replica.Summed = null;
        Gradient.Dispose();
    }
}
