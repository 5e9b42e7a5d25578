using MessagePack;
using TraversalLearning.Wire;

namespace TraversalLearning.Messages;

/// <summary>
/// With the blind exchange: what a node needs to plan and train by itself. Tensors: <c>counts [N] int32</c>, the sample
/// counts of nodes 1 to N; <c>params [P]</c>, the θ of the run's start. A node that already trains this run keeps its θ.
/// </summary>
/// <param name="Terms">JSON (docs/reference/protocol.md).</param>
public sealed record BlindStart(string Terms) : IMessage<BlindStart>
{
    private const int MaxTerms = 32 * 1024;

    /// <inheritdoc/>
    public static MessageType Type => MessageType.BlindStart;

    /// <inheritdoc/>
    public int FieldCount => 1;

    /// <inheritdoc/>
    public static BlindStart Read(MetadataMap metadata) => new(metadata.String("terms"u8, MaxTerms));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer) => writer.Field("terms"u8, Terms);
}

/// <summary>What a node has of a blind run.</summary>
/// <param name="Applied">The last step whose sum its θ contains; epoch 0 before the first.</param>
/// <param name="TestRows">Test samples that it evaluates on.</param>
/// <param name="KeyEpoch">The key epoch that it holds keys of, 64 hexadecimal digits; empty if none.</param>
/// <param name="GroupKey">The id of the run's key, 32 hexadecimal digits; empty if the node does not have it.</param>
public sealed record BlindReady(StepId Applied, int TestRows, string KeyEpoch, string GroupKey) : IMessage<BlindReady>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.BlindReady;

    /// <inheritdoc/>
    public int FieldCount => StepId.FieldCount + 3;

    /// <inheritdoc/>
    public static BlindReady Read(MetadataMap metadata) => new(
        StepId.Read(metadata),
        metadata.Int32("test_rows"u8),
        metadata.String("key_epoch"u8, 64),
        metadata.String("group_key"u8, 32));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        Applied.WriteFields(ref writer);
        writer.Field("test_rows"u8, TestRows);
        writer.Field("key_epoch"u8, KeyEpoch);
        writer.Field("group_key"u8, GroupKey);
    }
}

/// <summary>A key epoch begins: which public key do you offer? The node forgets the keys that it had.</summary>
public sealed record KeyQuery : IMessage<KeyQuery>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.KeyQuery;

    /// <inheritdoc/>
    public int FieldCount => 0;

    /// <inheritdoc/>
    public static KeyQuery Read(MetadataMap metadata) => new();

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
    }
}

/// <summary>A node's offer for a key epoch. Tensor: <c>blob [n] uint8</c>, the offer.</summary>
/// <param name="GroupKey">As in <see cref="BlindReady"/>.</param>
public sealed record KeyOffered(string GroupKey) : IMessage<KeyOffered>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.KeyOffered;

    /// <inheritdoc/>
    public int FieldCount => 1;

    /// <inheritdoc/>
    public static KeyOffered Read(MetadataMap metadata) => new(metadata.String("group_key"u8, 32));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer) => writer.Field("group_key"u8, GroupKey);
}

/// <summary>
/// The offers of all nodes of a key epoch. Tensors: <c>blob [n] uint8</c>, the offers; for every node but the maker
/// <c>blob [n] uint8</c>, the run's key wrapped for it.
/// </summary>
/// <param name="Maker">The node that wraps the run's key for the others; it makes one if it has none.</param>
public sealed record KeyRound(int Maker) : IMessage<KeyRound>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.KeyRound;

    /// <inheritdoc/>
    public int FieldCount => 1;

    /// <inheritdoc/>
    public static KeyRound Read(MetadataMap metadata) => new(metadata.Int32("maker"u8, min: 1));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer) => writer.Field("maker"u8, Maker);
}

/// <summary>
/// A node has the keys of a key epoch. From the maker with a tensor: <c>blob [n] uint8</c>, the run's key wrapped for every
/// other node, in the order of their ids, all of the same length.
/// </summary>
/// <param name="KeyEpoch">As in <see cref="BlindReady"/>.</param>
/// <param name="GroupKey">As in <see cref="BlindReady"/>.</param>
/// <param name="Consent">
/// That the orchestrator may be given the model at the end of the run: 64 hexadecimal digits that only a node can make and
/// check; empty if it may not.
/// </param>
public sealed record KeyAgreed(string KeyEpoch, string GroupKey, string Consent) : IMessage<KeyAgreed>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.KeyAgreed;

    /// <inheritdoc/>
    public int FieldCount => 3;

    /// <inheritdoc/>
    public static KeyAgreed Read(MetadataMap metadata) =>
        new(metadata.String("key_epoch"u8, 64), metadata.String("group_key"u8, 32), metadata.String("consent"u8, 64));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("key_epoch"u8, KeyEpoch);
        writer.Field("group_key"u8, GroupKey);
        writer.Field("consent"u8, Consent);
    }
}

/// <summary>
/// A step: add the sum of the previous step to θ, and return your part of this one. Tensor: <c>sum [P + 3]</c> of the
/// previous step; none before the first.
/// </summary>
/// <param name="Step">Which step. The attempt is part of what a mask depends on.</param>
/// <param name="Participants">The nodes whose rows are in it, ascending; empty for all that the plan names.</param>
/// <param name="Headroom">
/// Bits by which the finest scale of each parameter tensor is coarser, after a value in it did not fit, in the layout's order;
/// empty if all fit.
/// </param>
/// <param name="Sum">Which sum comes with it.</param>
/// <param name="Agree">Whether the reply is to say which θ the node has.</param>
public sealed record BlindStep(StepId Step, long[] Participants, int[] Headroom, AppliedSum Sum, bool Agree) : IMessage<BlindStep>
{
    /// <summary>Most nodes in a list of participants.</summary>
    public const int MaxParticipants = 8192;

    /// <inheritdoc/>
    public static MessageType Type => MessageType.BlindStep;

    /// <inheritdoc/>
    public int FieldCount => StepId.FieldCount + 3 + AppliedSum.FieldCount;

    /// <inheritdoc/>
    public static BlindStep Read(MetadataMap metadata) => new(
        StepId.Read(metadata),
        metadata.Int64Array("participants"u8, MaxParticipants),
        metadata.Int32Array("headroom"u8, AppliedSum.MaxTensors, AppliedSum.MaxHeadroom),
        AppliedSum.Read(metadata),
        metadata.Int32("agree"u8, max: 1) == 1);

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        Step.WriteFields(ref writer);
        writer.Field("participants"u8, Participants);
        writer.Field("headroom"u8, Headroom);
        Sum.WriteFields(ref writer);
        writer.Field("agree"u8, Agree ? 1 : 0);
    }
}

/// <summary>
/// A node's part of a step. Tensors, from a node with rows in it: <c>sum [P + 3]</c>, its masked integers; <c>figures [2]
/// int64</c>, the loss of its rows, by 2^32, and their hits, masked.
/// </summary>
/// <param name="Step">As asked.</param>
/// <param name="Agreement">Where asked: a keyed hash of θ before this step, 64 hexadecimal digits; empty otherwise.</param>
/// <param name="ComputeMicroseconds">As in <see cref="ForwardResult"/>.</param>
public sealed record BlindSum(StepId Step, string Agreement, int ComputeMicroseconds = 0) : IMessage<BlindSum>, IHasStep
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.BlindSum;

    /// <inheritdoc/>
    public int FieldCount => StepId.FieldCount + 2;

    /// <inheritdoc/>
    public static BlindSum Read(MetadataMap metadata) =>
        new(StepId.Read(metadata), metadata.String("agreement"u8, 64), metadata.Int32("compute_us"u8));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        Step.WriteFields(ref writer);
        writer.Field("agreement"u8, Agreement);
        writer.Field("compute_us"u8, ComputeMicroseconds);
    }
}

/// <summary>Add the sum of a step to θ, without another step. Tensor: <c>sum [P + 3]</c>.</summary>
/// <param name="Sum">Which sum comes with it.</param>
public sealed record BlindApply(AppliedSum Sum) : IMessage<BlindApply>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.BlindApply;

    /// <inheritdoc/>
    public int FieldCount => AppliedSum.FieldCount;

    /// <inheritdoc/>
    public static BlindApply Read(MetadataMap metadata) => new(AppliedSum.Read(metadata));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer) => Sum.WriteFields(ref writer);
}

/// <summary>A sum has been added to θ.</summary>
/// <param name="Agreement">A keyed hash of θ, 64 hexadecimal digits.</param>
public sealed record BlindApplied(string Agreement) : IMessage<BlindApplied>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.BlindApplied;

    /// <inheritdoc/>
    public int FieldCount => 1;

    /// <inheritdoc/>
    public static BlindApplied Read(MetadataMap metadata) => new(metadata.String("agreement"u8, 64));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer) => writer.Field("agreement"u8, Agreement);
}

/// <summary>How does the model do on your test samples, or on those that you hold out of training?</summary>
/// <param name="Evaluation">After which epoch; the batch is 0 for test samples and 1 for held-out ones.</param>
/// <param name="Participants">The nodes that are asked, ascending.</param>
/// <param name="BatchRows">Rows per forward pass.</param>
public sealed record BlindEvaluation(StepId Evaluation, long[] Participants, int BatchRows) : IMessage<BlindEvaluation>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.BlindEvaluation;

    /// <inheritdoc/>
    public int FieldCount => StepId.FieldCount + 2;

    /// <inheritdoc/>
    public static BlindEvaluation Read(MetadataMap metadata) => new(
        StepId.Read(metadata), metadata.Int64Array("participants"u8, BlindStep.MaxParticipants), metadata.Int32("batch_rows"u8, min: 1));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        Evaluation.WriteFields(ref writer);
        writer.Field("participants"u8, Participants);
        writer.Field("batch_rows"u8, BatchRows);
    }
}

/// <summary>A node's part of an evaluation. Tensor: <c>figures [k] int64</c>, masked (docs/reference/protocol.md).</summary>
/// <param name="Step">As asked.</param>
/// <param name="ComputeMicroseconds">As in <see cref="ForwardResult"/>.</param>
public sealed record BlindScores(StepId Step, int ComputeMicroseconds = 0) : IComputedMessage<BlindScores>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.BlindScores;

    /// <inheritdoc/>
    public static BlindScores Of(StepId step, int computeMicroseconds) => new(step, computeMicroseconds);
}

/// <summary>Seal the state of training for a checkpoint.</summary>
/// <param name="Step">The last step that it contains.</param>
public sealed record SealQuery(StepId Step) : IStepMessage<SealQuery>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.SealQuery;

    /// <inheritdoc/>
    public static SealQuery Of(StepId step) => new(step);
}

/// <summary>The state of training under the run's key. Tensor: <c>blob [n] uint8</c>.</summary>
/// <param name="Step">As asked.</param>
public sealed record SealedState(StepId Step) : IStepMessage<SealedState>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.SealedState;

    /// <inheritdoc/>
    public static SealedState Of(StepId step) => new(step);
}

/// <summary>Take over a sealed state of training. Tensor: <c>blob [n] uint8</c>. Reply: <see cref="BlindReady"/>.</summary>
/// <param name="Step">The last step that it contains.</param>
public sealed record Unseal(StepId Step) : IStepMessage<Unseal>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.Unseal;

    /// <inheritdoc/>
    public static Unseal Of(StepId step) => new(step);
}

/// <summary>
/// Training is over: write the model to your state folder. Tensor, where the orchestrator wants the model: <c>blob [N · 32]
/// uint8</c>, the consents of all nodes in the order of their ids.
/// </summary>
/// <param name="Step">The last step.</param>
public sealed record BlindFinish(StepId Step) : IStepMessage<BlindFinish>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.BlindFinish;

    /// <inheritdoc/>
    public static BlindFinish Of(StepId step) => new(step);
}

/// <summary>The model is in the node's state folder. Tensor, where consents came with the request: <c>params [P]</c>.</summary>
/// <param name="Step">As asked.</param>
public sealed record BlindFinished(StepId Step) : IStepMessage<BlindFinished>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.BlindFinished;

    /// <inheritdoc/>
    public static BlindFinished Of(StepId step) => new(step);
}
