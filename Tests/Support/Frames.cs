using System.Buffers.Binary;
using TraversalLearning.Messages;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Support;

/// <summary>A frame as a test received it, all its tensors included.</summary>
internal sealed record ReceivedFrame(
    MessageType Type, ulong RequestId, object Message, IReadOnlyList<TensorDescriptor> Descriptors, IReadOnlyList<byte[]> Tensors);

/// <summary>Makes frames, good and bad, and reads them off streams that never make a reader wait.</summary>
internal static class Frames
{
    /// <summary>Larger tensors than this are read over, not received.</summary>
    public const int MaxReceived = 1024 * 1024;

    private static readonly Dictionary<MessageType, Func<IncomingFrame, object>> Readers = new()
    {
        [MessageType.Hello] = f => f.Read<Hello>(),
        [MessageType.Welcome] = f => f.Read<Welcome>(),
        [MessageType.Reject] = f => f.Read<Reject>(),
        [MessageType.Challenge] = f => f.Read<Challenge>(),
        [MessageType.Proof] = f => f.Read<Proof>(),
        [MessageType.Heartbeat] = f => f.Read<Heartbeat>(),
        [MessageType.Shutdown] = f => f.Read<Shutdown>(),
        [MessageType.Leave] = f => f.Read<Leave>(),
        [MessageType.Decline] = f => f.Read<Decline>(),
        [MessageType.IndexRangeQuery] = f => f.Read<IndexRangeQuery>(),
        [MessageType.IndexRange] = f => f.Read<IndexRange>(),
        [MessageType.ForwardPass] = f => f.Read<ForwardPass>(),
        [MessageType.ForwardResult] = f => f.Read<ForwardResult>(),
        [MessageType.ActivationResult] = f => f.Read<ActivationResult>(),
        [MessageType.LossPass] = f => f.Read<LossPass>(),
        [MessageType.LossResult] = f => f.Read<LossResult>(),
        [MessageType.Backward] = f => f.Read<Backward>(),
        [MessageType.BackwardResult] = f => f.Read<BackwardResult>(),
        [MessageType.LocalTraining] = f => f.Read<LocalTraining>(),
        [MessageType.LocalResult] = f => f.Read<LocalResult>(),
        [MessageType.GossipRound] = f => f.Read<GossipRound>(),
        [MessageType.GossipResult] = f => f.Read<GossipResult>(),
        [MessageType.TurnStart] = f => f.Read<TurnStart>(),
        [MessageType.TurnAck] = f => f.Read<TurnAck>(),
        [MessageType.TurnForward] = f => f.Read<TurnForward>(),
        [MessageType.TurnBackward] = f => f.Read<TurnBackward>(),
        [MessageType.TurnEnd] = f => f.Read<TurnEnd>(),
        [MessageType.TurnResult] = f => f.Read<TurnResult>(),
        [MessageType.Prepare] = f => f.Read<Prepare>(),
        [MessageType.StatisticsQuery] = f => f.Read<StatisticsQuery>(),
        [MessageType.Statistics] = f => f.Read<Statistics>(),
        [MessageType.ValidationPass] = f => f.Read<ValidationPass>(),
        [MessageType.ValidationResult] = f => f.Read<ValidationResult>(),
        [MessageType.TaskFailed] = f => f.Read<TaskFailed>(),
        [MessageType.WorkerHello] = f => f.Read<WorkerHello>(),
        [MessageType.WorkerWelcome] = f => f.Read<WorkerWelcome>(),
        [MessageType.RunQuery] = f => f.Read<RunQuery>(),
        [MessageType.RunOffer] = f => f.Read<RunOffer>(),
        [MessageType.NoRun] = f => f.Read<NoRun>(),
        [MessageType.RunProgress] = f => f.Read<RunProgress>(),
        [MessageType.RunVerdict] = f => f.Read<RunVerdict>(),
        [MessageType.RunFile] = f => f.Read<RunFile>(),
        [MessageType.RunFileQuery] = f => f.Read<RunFileQuery>(),
        [MessageType.ApplicantHello] = f => f.Read<ApplicantHello>(),
        [MessageType.AuthorityIdentity] = f => f.Read<AuthorityIdentity>(),
        [MessageType.SigningQuery] = f => f.Read<SigningQuery>(),
        [MessageType.SigningPending] = f => f.Read<SigningPending>(),
        [MessageType.SigningGrant] = f => f.Read<SigningGrant>(),
        [MessageType.RevokedCertificates] = f => f.Read<RevokedCertificates>(),
        [MessageType.RunFilesSent] = f => f.Read<RunFilesSent>(),
        [MessageType.RunEnded] = f => f.Read<RunEnded>(),
        [MessageType.BlindStart] = f => f.Read<BlindStart>(),
        [MessageType.BlindReady] = f => f.Read<BlindReady>(),
        [MessageType.KeyQuery] = f => f.Read<KeyQuery>(),
        [MessageType.KeyOffered] = f => f.Read<KeyOffered>(),
        [MessageType.KeyRound] = f => f.Read<KeyRound>(),
        [MessageType.KeyAgreed] = f => f.Read<KeyAgreed>(),
        [MessageType.BlindStep] = f => f.Read<BlindStep>(),
        [MessageType.BlindSum] = f => f.Read<BlindSum>(),
        [MessageType.BlindApply] = f => f.Read<BlindApply>(),
        [MessageType.BlindApplied] = f => f.Read<BlindApplied>(),
        [MessageType.BlindEvaluation] = f => f.Read<BlindEvaluation>(),
        [MessageType.BlindScores] = f => f.Read<BlindScores>(),
        [MessageType.SealQuery] = f => f.Read<SealQuery>(),
        [MessageType.SealedState] = f => f.Read<SealedState>(),
        [MessageType.Unseal] = f => f.Read<Unseal>(),
        [MessageType.BlindFinish] = f => f.Read<BlindFinish>(),
        [MessageType.BlindFinished] = f => f.Read<BlindFinished>(),
    };

    /// <summary>A frame of this metadata and payload with a right checksum.</summary>
    /// <param name="type">Message type.</param>
    /// <param name="metadata">Bytes behind the header, of any kind.</param>
    /// <param name="payload">Bytes behind the metadata.</param>
    /// <param name="payloadLength">What the header says of them, where that is a lie.</param>
    public static byte[] Make(MessageType type, byte[] metadata, byte[]? payload = null, long? payloadLength = null)
    {
        payload ??= [];
        byte[] head = new byte[FrameHeader.Size + metadata.Length];
        metadata.CopyTo(head, FrameHeader.Size);
        FrameHeader.Write(head, type, 0, payloadLength ?? payload.Length);
        return [.. head, .. payload];
    }

    /// <summary>A frame with one tensor section and nothing else in its metadata.</summary>
    public static byte[] WithTensors(object? section, byte[]? payload = null) =>
        Make(MessageType.BackwardResult, Pack.Map(("epoch", 1), ("batch", 0), ("attempt", 0), ("compute_us", 0), ("tensors", section)), payload);

    /// <summary>Makes a frame's checksum right again after a test has changed its head.</summary>
    public static void FixChecksum(Span<byte> head) => BinaryPrimitives.WriteUInt32LittleEndian(
        head[28..], Crc32C.Compute([.. head[..28], .. head[FrameHeader.Size..]]));

    /// <summary>Bytes of a frame's header and metadata.</summary>
    public static int HeadLength(ReadOnlySpan<byte> frame) => FrameHeader.Size + BinaryPrimitives.ReadInt32LittleEndian(frame[16..]);

    /// <summary>Reads the first frame.</summary>
    public static ReceivedFrame? Read(byte[] bytes, WireLimits? limits = null) => Read(new PieceStream(bytes), limits);

    /// <inheritdoc cref="Read(byte[], WireLimits?)"/>
    public static ReceivedFrame? Read(Stream stream, WireLimits? limits = null) => Read(new FrameReader(stream), limits);

    /// <inheritdoc cref="Read(byte[], WireLimits?)"/>
    public static ReceivedFrame? Read(FrameReader reader, WireLimits? limits = null)
    {
        if (reader.ReadAsync(limits ?? WireLimits.Session, CancellationToken.None).Now() is not { } frame)
        {
            return null;
        }

        var tensors = new List<byte[]>();
        object message = ReadMessage(frame);
        foreach (TensorDescriptor tensor in frame.Tensors)
        {
            bool wanted = tensor.RawLength <= MaxReceived;
            byte[] raw = new byte[wanted ? tensor.RawLength : 0];
            (wanted ? reader.ReadTensorAsync(tensor, raw, CancellationToken.None) : reader.SkipTensorAsync(tensor, CancellationToken.None)).Now();
            tensors.Add(raw);
        }

        return new ReceivedFrame(frame.Type, frame.RequestId, message, frame.Tensors, tensors);
    }

    /// <summary>Reads the message that a frame says it is.</summary>
    public static object ReadMessage(IncomingFrame frame) => Readers[frame.Type](frame);

    /// <summary>Why these bytes are refused.</summary>
    public static ProtocolError ErrorOf(byte[] bytes, WireLimits? limits = null) =>
        Assert.Throws<ProtocolException>((Action)(() => Read(bytes, limits)))!.Error;

    /// <summary>The result of work over memory, which never waits.</summary>
    public static T Now<T>(this ValueTask<T> task) =>
        task.IsCompleted ? task.AsTask().GetAwaiter().GetResult() : throw new InvalidOperationException("the work waits");

    /// <inheritdoc cref="Now{T}(ValueTask{T})"/>
    public static void Now(this ValueTask task)
    {
        if (!task.IsCompleted)
        {
            throw new InvalidOperationException("the work waits");
        }

        task.AsTask().GetAwaiter().GetResult();
    }
}
