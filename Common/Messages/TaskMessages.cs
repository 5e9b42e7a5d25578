using MessagePack;
using TraversalLearning.Wire;

namespace TraversalLearning.Messages;

/// <summary>A visit's forward pass. Tensors: <c>indices [m] int32</c>, <c>params [P]</c>, with a relay <c>[P_N]</c>.</summary>
/// <param name="Step">Which step.</param>
/// <param name="BatchRows">Rows of the whole virtual batch, by which the loss is averaged.</param>
public sealed record ForwardPass(StepId Step, int BatchRows) : IMessage<ForwardPass>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.ForwardPass;

    /// <inheritdoc/>
    public int FieldCount => StepId.FieldCount + 1;

    /// <inheritdoc/>
    public static ForwardPass Read(MetadataMap metadata) => new(StepId.Read(metadata), metadata.Int32("batch_rows"u8, min: 1));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        Step.WriteFields(ref writer);
        writer.Field("batch_rows"u8, BatchRows);
    }
}

/// <summary>Result of a forward pass. Tensors: <c>activations [m, …]</c>, <c>logit_grads [m, C]</c>.</summary>
/// <param name="Step">Which step, as asked.</param>
/// <param name="LossSum">Sum of the loss over the visit's rows.</param>
/// <param name="Hits">Rows whose largest logit is the label's.</param>
/// <param name="ComputeMicroseconds">How long the node computed, without waiting and sending. For statistics only: nothing depends on it.</param>
public sealed record ForwardResult(StepId Step, double LossSum, int Hits, int ComputeMicroseconds = 0) : ILossMessage<ForwardResult>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.ForwardResult;

    /// <inheritdoc/>
    public static ForwardResult Of(StepId step, double lossSum, int hits, int computeMicroseconds) => new(step, lossSum, hits, computeMicroseconds);
}

/// <summary>Result of a forward pass in a relay. Tensor: <c>activations [m, …]</c>.</summary>
/// <param name="Step">Which step, as asked.</param>
/// <param name="ComputeMicroseconds">As in <see cref="ForwardResult"/>.</param>
public sealed record ActivationResult(StepId Step, int ComputeMicroseconds = 0) : IComputedMessage<ActivationResult>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.ActivationResult;

    /// <inheritdoc/>
    public static ActivationResult Of(StepId step, int computeMicroseconds) => new(step, computeMicroseconds);
}

/// <summary>The loss of a visit, with a relay. Tensor: <c>logits [m, C]</c>.</summary>
/// <param name="Step">Which step.</param>
public sealed record LossPass(StepId Step) : IStepMessage<LossPass>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.LossPass;

    /// <inheritdoc/>
    public static LossPass Of(StepId step) => new(step);
}

/// <summary>Loss of a visit. Tensor: <c>logit_grads [m, C]</c>.</summary>
/// <param name="Step">Which step, as asked.</param>
/// <param name="LossSum">Sum of the loss over the visit's rows.</param>
/// <param name="Hits">Rows whose largest logit is the label's.</param>
/// <param name="ComputeMicroseconds">As in <see cref="ForwardResult"/>.</param>
public sealed record LossResult(StepId Step, double LossSum, int Hits, int ComputeMicroseconds = 0) : ILossMessage<LossResult>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.LossResult;

    /// <inheritdoc/>
    public static LossResult Of(StepId step, double lossSum, int hits, int computeMicroseconds) => new(step, lossSum, hits, computeMicroseconds);
}

/// <summary>The second half of a visit. Tensor: <c>activation_grads [m, …]</c>.</summary>
/// <param name="Step">Which step.</param>
public sealed record Backward(StepId Step) : IStepMessage<Backward>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.Backward;

    /// <inheritdoc/>
    public static Backward Of(StepId step) => new(step);
}

/// <summary>Result of a backward pass. Tensor: <c>param_grads [P_N]</c>.</summary>
/// <param name="Step">Which step, as asked.</param>
/// <param name="ComputeMicroseconds">As in <see cref="ForwardResult"/>.</param>
public sealed record BackwardResult(StepId Step, int ComputeMicroseconds = 0) : IComputedMessage<BackwardResult>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.BackwardResult;

    /// <inheritdoc/>
    public static BackwardResult Of(StepId step, int computeMicroseconds) => new(step, computeMicroseconds);
}

/// <summary>The task of this request id could not be done.</summary>
/// <param name="Code">One of <see cref="TaskFailureCodes"/>.</param>
/// <param name="Text">The reason for a person.</param>
public sealed record TaskFailed(string Code, string Text) : IMessage<TaskFailed>
{
    /// <summary>With <see cref="TaskFailureCodes.Range"/>: the parameter tensors with values that do not fit, in the layout's order from 0.</summary>
    public int[] Unfit { get; init; } = [];

    /// <inheritdoc/>
    public static MessageType Type => MessageType.TaskFailed;

    /// <inheritdoc/>
    public int FieldCount => Unfit.Length > 0 ? 3 : 2;

    /// <inheritdoc/>
    public static TaskFailed Read(MetadataMap metadata) => new(metadata.String("code"u8, 64), metadata.String("text"u8, 4096))
    {
        Unfit = metadata.Has("unfit"u8) ? metadata.Int32Array("unfit"u8, AppliedSum.MaxTensors, AppliedSum.MaxTensors - 1) : [],
    };

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("code"u8, Code);
        writer.Field("text"u8, Text);
        if (Unfit.Length > 0)
        {
            writer.Field("unfit"u8, Unfit);
        }
    }
}

/// <summary>Why a task could not be done.</summary>
public static class TaskFailureCodes
{
    /// <summary>A backward pass for a forward pass that this node does not hold (it was restarted): send the forward pass again.</summary>
    public const string NoForward = "no_forward";

    /// <summary>A round for a model that this node does not hold (it was restarted): send the model with it.</summary>
    public const string NoModel = "no_model";

    /// <summary>A value is too large for the scale of the sum: do the step again with more headroom for the tensors that are named.</summary>
    public const string Range = "range";

    /// <summary>The sum that came with the request has too few bits: do its step again, on the finer scale that every node now has.</summary>
    public const string Coarse = "coarse";

    /// <summary>A blind step for a state of training or for keys that this node does not hold (it was restarted).</summary>
    public const string NoState = "no_state";

    /// <summary>A loss or a gradient is NaN or infinite.</summary>
    public const string NotFinite = "not_finite";

    /// <summary>The computation failed; doing it again would not help.</summary>
    public const string Computation = "computation";
}
