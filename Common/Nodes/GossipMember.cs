using TorchSharp;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>
/// A node's part in decentralized training: it has a model θ_i of its own, which it mixes with its neighbours' and trains. What it made in its last
/// round is kept for the next one. Not thread-safe; <see cref="Train"/> within the node's turn.
/// </summary>
/// <param name="unit">Computes.</param>
/// <param name="own">The node's samples.</param>
internal sealed class GossipMember(ComputeUnit unit, OwnSamples own) : IDisposable
{
    // The node's own model as it came and as it is kept, the mixture, and what is added to it.
    private const int OwnModels = 4;

    private LocalOutput? _model;
    private StepId _round;

    /// <summary>Whether the model is here that a round begins with.</summary>
    public bool Holds(GossipRound round) => _model is not null && _round.Epoch == round.ModelEpoch && _round.Batch == round.ModelBatch;

    /// <summary>Whether a round fits into the memory that the model may take.</summary>
    public bool HasRoomFor(GossipRound round) => unit.Memory.FitsTraining(RowsOf(round), ModelsOf(round));

    /// <summary>Mixes and trains.</summary>
    /// <param name="round">How.</param>
    /// <param name="sent">What came with it.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    /// <returns>θ_i after it, which stays the node's; <see langword="null"/> if the model that it begins with is not here.</returns>
    /// <exception cref="ModelException">It does not fit into the memory that the model may take, or the optimizer is none.</exception>
    public LocalOutput? Train(GossipRound round, GossipModels sent, CancellationToken cancellationToken)
    {
        unit.Memory.RequireTraining(RowsOf(round), ModelsOf(round));
        if (sent.Own is null && !Holds(round))
        {
            return null;
        }

        (HostTensor Parameters, HostTensor? Buffers) before = sent.Own ?? (_model!.Parameters, _model.Buffers);
        LocalTrainer trainer = unit.Trainer;
        using DisposeScope scope = NewDisposeScope();
        Tensor start = Mix(round, before.Parameters.Tensor, sent.Neighbors?.Parameters.Tensor);
        if (before.Buffers is { } buffers)
        {
            trainer.Buffers.Tensor.copy_(Mix(round, buffers.Tensor, sent.Neighbors?.Buffers?.Tensor));
        }

        LocalOutcome outcome = trainer.Train(start.to(unit.Device), round.Training, unit.Samples, own, cancellationToken);
        var trained = LocalOutput.Copy(outcome, trainer);
        _model?.Dispose();
        (_model, _round) = (trained, round.Training.Step);
        return trained;
    }

    /// <summary>Lets go of the model.</summary>
    public void Forget()
    {
        _model?.Dispose();
        _model = null;
    }

    /// <inheritdoc/>
    public void Dispose() => Forget();

    /// <summary>Its own first, then its neighbours' in the order of the request, so that the sum rounds alike each time.</summary>
    private static Tensor Mix(GossipRound round, Tensor model, Tensor? neighbors)
    {
        if (neighbors is null || model.numel() == 0)
        {
            return model;
        }

        using IDisposable noGrad = no_grad();
        Tensor mixture = model.mul(round.OwnWeight);
        for (int i = 0; i < round.Weights.Length; i++)
        {
            mixture.add_(neighbors.select(0, i), alpha: round.Weights[i]);
        }

        return mixture;
    }

    private static int ModelsOf(GossipRound round) => round.Neighbors.Length + OwnModels;

    private int RowsOf(GossipRound round) => Math.Min(round.Training.BatchSize, own.Count);
}
