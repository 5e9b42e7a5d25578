using MessagePack;
using TraversalLearning.Wire;

namespace TraversalLearning.Messages;

/// <summary>
/// A turn of split learning begins, with a relay: until it ends θ_N is the node's to train. Tensors: <c>params [P_N]</c>, and where layers up to the
/// cut have buffers <c>buffers [Q_N]</c>. The optimizer begins anew.
/// </summary>
/// <param name="Step">Which round: epoch and round within it.</param>
/// <param name="Seed">Of the random numbers that layers draw, 16 hexadecimal digits.</param>
/// <param name="Optimizer">The optimizer of θ_N.</param>
public sealed record TurnStart(StepId Step, string Seed, LocalOptimizer Optimizer) : IMessage<TurnStart>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.TurnStart;

    /// <inheritdoc/>
    public int FieldCount => StepId.FieldCount + 1 + LocalOptimizer.FieldCount;

    /// <inheritdoc/>
    public static TurnStart Read(MetadataMap metadata) =>
        new(StepId.Read(metadata), metadata.Hex("seed"u8, WireSeed.Length), LocalOptimizer.Read(metadata));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        Step.WriteFields(ref writer);
        writer.Field("seed"u8, Seed);
        Optimizer.WriteFields(ref writer);
    }
}

/// <summary>A <see cref="TurnStart"/> or <see cref="TurnBackward"/> is done. No tensors: θ_N stays with the node.</summary>
/// <param name="Step">As asked.</param>
/// <param name="ComputeMicroseconds">As in <see cref="ForwardResult"/>.</param>
public sealed record TurnAck(StepId Step, int ComputeMicroseconds = 0) : IComputedMessage<TurnAck>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.TurnAck;

    /// <inheritdoc/>
    public static TurnAck Of(StepId step, int computeMicroseconds) => new(step, computeMicroseconds);
}

/// <summary>The forward pass of a batch of a turn, answered by an <see cref="ActivationResult"/>. Tensor: <c>indices [m] int32</c>.</summary>
/// <param name="Step">Epoch and attempt of the turn, and which of its batches, from 0.</param>
public sealed record TurnForward(StepId Step) : IStepMessage<TurnForward>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.TurnForward;

    /// <inheritdoc/>
    public static TurnForward Of(StepId step) => new(step);
}

/// <summary>The end of a batch of a turn: the node takes a step on θ_N. Tensor: <c>activation_grads [m, …]</c>.</summary>
/// <param name="Step">As in <see cref="TurnForward"/>.</param>
public sealed record TurnBackward(StepId Step) : IStepMessage<TurnBackward>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.TurnBackward;

    /// <inheritdoc/>
    public static TurnBackward Of(StepId step) => new(step);
}

/// <summary>The turn ends: the node hands θ_N over.</summary>
/// <param name="Step">Epoch and attempt of the turn, and how many batches it had.</param>
public sealed record TurnEnd(StepId Step) : IStepMessage<TurnEnd>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.TurnEnd;

    /// <inheritdoc/>
    public static TurnEnd Of(StepId step) => new(step);
}

/// <summary>θ_N after a turn. Tensors as in <see cref="TurnStart"/>.</summary>
/// <param name="Step">As asked.</param>
/// <param name="ComputeMicroseconds">As in <see cref="ForwardResult"/>.</param>
public sealed record TurnResult(StepId Step, int ComputeMicroseconds = 0) : IComputedMessage<TurnResult>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.TurnResult;

    /// <inheritdoc/>
    public static TurnResult Of(StepId step, int computeMicroseconds) => new(step, computeMicroseconds);
}
