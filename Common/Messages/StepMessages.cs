using MessagePack;
using TraversalLearning.Wire;

namespace TraversalLearning.Messages;

/// <summary>A message that says which step it belongs to, and nothing else.</summary>
/// <typeparam name="TSelf">The message itself.</typeparam>
public interface IStepMessage<TSelf> : IMessage<TSelf>, IHasStep
    where TSelf : IStepMessage<TSelf>
{
    int IMessage<TSelf>.FieldCount => StepId.FieldCount;

    /// <summary>The message of a step.</summary>
    static abstract TSelf Of(StepId step);

    static TSelf IMessage<TSelf>.Read(MetadataMap metadata) => TSelf.Of(StepId.Read(metadata));

    void IMessage<TSelf>.WriteFields(ref MessagePackWriter writer) => Step.WriteFields(ref writer);
}

/// <summary>A reply that says how long the node computed for it, and nothing else.</summary>
/// <typeparam name="TSelf">The message itself.</typeparam>
public interface IComputedMessage<TSelf> : IMessage<TSelf>, IHasStep
    where TSelf : IComputedMessage<TSelf>
{
    /// <summary>How long the node computed, without waiting and sending. For statistics only: nothing depends on it.</summary>
    int ComputeMicroseconds { get; }

    int IMessage<TSelf>.FieldCount => StepId.FieldCount + 1;

    /// <summary>The message of these.</summary>
    static abstract TSelf Of(StepId step, int computeMicroseconds);

    static TSelf IMessage<TSelf>.Read(MetadataMap metadata) => TSelf.Of(StepId.Read(metadata), metadata.Int32("compute_us"u8));

    void IMessage<TSelf>.WriteFields(ref MessagePackWriter writer)
    {
        Step.WriteFields(ref writer);
        writer.Field("compute_us"u8, ComputeMicroseconds);
    }
}

/// <summary>A reply that says how some rows did.</summary>
/// <typeparam name="TSelf">The message itself.</typeparam>
public interface ILossMessage<TSelf> : IMessage<TSelf>, IHasStep
    where TSelf : ILossMessage<TSelf>
{
    /// <summary>Sum of the loss over the rows.</summary>
    double LossSum { get; }

    /// <summary>Rows whose largest logit is the label's.</summary>
    int Hits { get; }

    /// <inheritdoc cref="IComputedMessage{TSelf}.ComputeMicroseconds"/>
    int ComputeMicroseconds { get; }

    int IMessage<TSelf>.FieldCount => StepId.FieldCount + 3;

    /// <summary>The message of these.</summary>
    static abstract TSelf Of(StepId step, double lossSum, int hits, int computeMicroseconds);

    static TSelf IMessage<TSelf>.Read(MetadataMap metadata) =>
        TSelf.Of(StepId.Read(metadata), metadata.Double("loss_sum"u8), metadata.Int32("hits"u8), metadata.Int32("compute_us"u8));

    void IMessage<TSelf>.WriteFields(ref MessagePackWriter writer)
    {
        Step.WriteFields(ref writer);
        writer.Field("loss_sum"u8, LossSum);
        writer.Field("hits"u8, Hits);
        writer.Field("compute_us"u8, ComputeMicroseconds);
    }
}
