using TorchSharp;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>
/// A node's part in decentralized training: its own model θ_i, which it mixes with its neighbours' models and trains. The
/// result of a round is kept for the next one. Not thread-safe; call <see cref="Train"/> only while holding the unit.
/// </summary>
/// <param name="unit">The compute unit.</param>
/// <param name="own">The node's samples.</param>
internal sealed class GossipMember(ComputeUnit unit, OwnSamples own) : IDisposable
{
    // The node's model as received and as kept, the mixture, and the addend.
    private const int OwnModels = 4;

    private LocalOutput? _model;
    private StepId _round;

    /// <summary>Whether the node holds the model that a round starts from.</summary>
    public bool Holds(GossipRound round) => _model is not null && _round.Epoch == round.ModelEpoch && _round.Batch == round.ModelBatch;

    /// <summary>Whether a round fits the model's memory limit.</summary>
    public bool HasRoomFor(GossipRound round) => unit.Memory.FitsTraining(RowsOf(round), ModelsOf(round));

    /// <summary>Mixes the models and trains the result.</summary>
    /// <param name="round">The round's settings.</param>
    /// <param name="sent">The models received with the request.</param>
    /// <param name="cancellationToken">Checked between batches.</param>
    /// <returns>The new θ_i, which the node keeps; <see langword="null"/> if the starting model is not held.</returns>
    /// <exception cref="ModelException">The memory limit is exceeded, or the optimizer is invalid.</exception>
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

    /// <summary>Frees the model.</summary>
    public void Forget()
    {
        _model?.Dispose();
        _model = null;
    }

    /// <inheritdoc/>
    public void Dispose() => Forget();

    /// <summary>Sums the node's own model first, then its neighbours' in the order of the request, so that rounding is reproducible.</summary>
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
