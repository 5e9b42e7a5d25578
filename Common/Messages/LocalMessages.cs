using MessagePack;
using TraversalLearning.Wire;

namespace TraversalLearning.Messages;

/// <summary>
/// Training on the node's own samples, from the θ that comes with it. Tensors: <c>params [P]</c>, and where the model has buffers
/// <c>buffers [Q]</c>. The optimizer begins anew.
/// </summary>
/// <param name="Step">Which round: epoch and round within it.</param>
/// <param name="Epochs">Passes over the node's samples, from 1.</param>
/// <param name="BatchSize">Rows of a batch; the last of a pass may be smaller, if it is not left out.</param>
/// <param name="Seed">Of the shuffles, 16 hexadecimal digits.</param>
/// <param name="Optimizer">The optimizer.</param>
/// <param name="ProximalMu">μ of FedProx: μ/2 · ‖θ_i − θ‖² is part of the loss; 0 for none.</param>
public sealed record LocalTraining(StepId Step, int Epochs, int BatchSize, string Seed, LocalOptimizer Optimizer, double ProximalMu)
    : IMessage<LocalTraining>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.LocalTraining;

    /// <inheritdoc/>
    public int FieldCount => StepId.FieldCount + 4 + LocalOptimizer.FieldCount + (DropsLast ? 1 : 0);

    /// <summary>Whether a last, smaller batch of a pass is left out.</summary>
    public bool DropsLast { get; init; }

    /// <summary>Rows that a node with so many samples trains on, each pass counted.</summary>
    public long RowsOf(long samples) => (DropsLast ? samples - (samples % BatchSize) : samples) * Epochs;

    /// <inheritdoc/>
    public static LocalTraining Read(MetadataMap metadata) => new(
        StepId.Read(metadata),
        metadata.Int32("epochs"u8, min: 1),
        metadata.Int32("batch_size"u8, min: 1),
        metadata.Hex("seed"u8, WireSeed.Length),
        LocalOptimizer.Read(metadata),
        metadata.NotNegative("proximal_mu"u8))
    {
        DropsLast = metadata.Has("drop_last"u8) && metadata.Int32("drop_last"u8, max: 1) == 1,
    };

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        Step.WriteFields(ref writer);
        writer.Field("epochs"u8, Epochs);
        writer.Field("batch_size"u8, BatchSize);
        writer.Field("seed"u8, Seed);
        Optimizer.WriteFields(ref writer);
        writer.Field("proximal_mu"u8, ProximalMu);
        if (DropsLast)
        {
            writer.Field("drop_last"u8, 1);
        }
    }
}

/// <summary>The optimizer of a node that trains on its own.</summary>
/// <param name="Kind"><c>adadelta</c>, <c>sgd</c>, <c>adam</c> or <c>adamw</c>.</param>
/// <param name="LearningRate">Of this round.</param>
/// <param name="Momentum">Of sgd.</param>
/// <param name="Nesterov">Whether the momentum is Nesterov's.</param>
/// <param name="WeightDecay">For every kind.</param>
/// <param name="ClipGradNorm">The longest that a gradient may be; 0 for any length.</param>
public sealed record LocalOptimizer(string Kind, double LearningRate, double Momentum, bool Nesterov, double WeightDecay, double ClipGradNorm)
{
    internal const int FieldCount = 6;

    internal static LocalOptimizer Read(MetadataMap metadata) => new(
        metadata.String("optimizer"u8, 32),
        metadata.NotNegative("lr"u8),
        metadata.NotNegative("momentum"u8),
        metadata.Int32("nesterov"u8, max: 1) == 1,
        metadata.NotNegative("weight_decay"u8),
        metadata.NotNegative("clip_grad_norm"u8));

    internal void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("optimizer"u8, Kind);
        writer.Field("lr"u8, LearningRate);
        writer.Field("momentum"u8, Momentum);
        writer.Field("nesterov"u8, Nesterov ? 1 : 0);
        writer.Field("weight_decay"u8, WeightDecay);
        writer.Field("clip_grad_norm"u8, ClipGradNorm);
    }
}

/// <summary>Result of local training. Tensors: <c>params [P]</c> and, if the model has buffers, <c>buffers [Q]</c>.</summary>
/// <param name="Step">Which round, as asked.</param>
/// <param name="LossSum">Sum of the loss over all rows, each taken when it was trained on.</param>
/// <param name="Hits">Rows whose largest logit was the label's then.</param>
/// <param name="ComputeMicroseconds">As in <see cref="ForwardResult"/>.</param>
public sealed record LocalResult(StepId Step, double LossSum, long Hits, int ComputeMicroseconds = 0) : IMessage<LocalResult>, IHasStep
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.LocalResult;

    /// <inheritdoc/>
    public int FieldCount => StepId.FieldCount + 3 + (Rows is null ? 0 : 1);

    /// <summary>Rows that were trained on, each pass counted; <see langword="null"/> unless a last batch was to be left out.</summary>
    public long? Rows { get; init; }

    /// <inheritdoc/>
    public static LocalResult Read(MetadataMap metadata) =>
        new(StepId.Read(metadata), metadata.Double("loss_sum"u8), metadata.Int64("hits"u8), metadata.Int32("compute_us"u8))
        {
            Rows = metadata.Has("rows"u8) ? metadata.Int64("rows"u8) : null,
        };

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        Step.WriteFields(ref writer);
        writer.Field("loss_sum"u8, LossSum);
        writer.Field("hits"u8, Hits);
        writer.Field("compute_us"u8, ComputeMicroseconds);
        if (Rows is { } rows)
        {
            writer.Field("rows"u8, rows);
        }
    }
}
