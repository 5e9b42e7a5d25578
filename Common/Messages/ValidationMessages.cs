using MessagePack;
using TraversalLearning.Wire;

namespace TraversalLearning.Messages;

/// <summary>How does the model do on these samples? Tensors: <c>indices [m] int32</c>, <c>params [P]</c>. Nothing is trained.</summary>
/// <param name="Step">Behind which epoch; the batch is 0.</param>
/// <param name="BatchRows">How many rows the node computes at once: what it has memory for, and what its rounding depends on.</param>
public sealed record ValidationPass(StepId Step, int BatchRows) : IMessage<ValidationPass>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.ValidationPass;

    /// <inheritdoc/>
    public int FieldCount => StepId.FieldCount + 1;

    /// <inheritdoc/>
    public static ValidationPass Read(MetadataMap metadata) => new(StepId.Read(metadata), metadata.Int32("batch_rows"u8, min: 1));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        Step.WriteFields(ref writer);
        writer.Field("batch_rows"u8, BatchRows);
    }
}

/// <summary>How it does. No tensors: nothing is said of a single sample.</summary>
/// <param name="Step">As asked.</param>
/// <param name="LossSum">Sum of the loss over the rows.</param>
/// <param name="Hits">Rows whose largest logit is the label's.</param>
/// <param name="ComputeMicroseconds">As in <see cref="ForwardResult"/>.</param>
public sealed record ValidationResult(StepId Step, double LossSum, int Hits, int ComputeMicroseconds = 0) : ILossMessage<ValidationResult>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.ValidationResult;

    /// <inheritdoc/>
    public static ValidationResult Of(StepId step, double lossSum, int hits, int computeMicroseconds) => new(step, lossSum, hits, computeMicroseconds);
}
