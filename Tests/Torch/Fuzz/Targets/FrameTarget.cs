using TraversalLearning.Data.Tables;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>Frames, as each side reads them in each state: header, metadata, descriptors, the message, tensors.</summary>
internal sealed class FrameTarget : FuzzTarget
{
    private const int MaxAccepted = 64 * 1024;

    private static readonly byte[] Destination = new byte[MaxAccepted];
    private static readonly TrainingSetup Setup = new(ClusterOptions.SmallCnn, 1, ElementType.Float32, Exchange.TwoPhase, new Normalisation(0.5, 0.5));
    private static readonly TrainingSetup TableSetup = Setup with { Preparation = Preparation.Parse(TableJsonTarget.Preparations[0]) };
    private static readonly TrainingSetup OtherSetup = Setup with { Exchange = Exchange.OnePhase, ElementType = ElementType.Float64 };
    private static readonly ConnectionManagerOptions Options = new(
        "127.0.0.1", 0, 3, Setup, FrameSample.Checked, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30));

    private static readonly Hello ValidHello = new(1, 20_000, [1, 12, 12], "uint8", 4, new string('a', 64), Hello.Lz4Capability, "example/1");

    private static readonly ProtocolError[] Errors =
    [
        ProtocolError.BadMagic, ProtocolError.UnsupportedVersion, ProtocolError.UnexpectedMessage, ProtocolError.ReservedBits, ProtocolError.LimitExceeded,
        ProtocolError.ChecksumMismatch, ProtocolError.MalformedMetadata, ProtocolError.MalformedTensor, ProtocolError.Truncated,
    ];

    private readonly WireLimits _limits;
    private readonly Action<IncomingFrame> _read;

    private FrameTarget(string name, int shortRun, WireLimits limits, Action<IncomingFrame> read, byte[][] corpus)
    {
        Name = name;
        ShortRun = shortRun;
        _limits = limits;
        _read = read;
        Corpus = corpus;
    }

    /// <summary>A stranger's first frame, as the orchestrator takes it.</summary>
    public static FrameTarget Handshake { get; } = new(
        "frame_handshake",
        150_000,
        WireLimits.Handshake,
        ReadHello,
        [Encode(ValidHello), WithEmptySection(Encode(ValidHello with { SampleShape = [144], Capabilities = string.Empty }))]);

    /// <summary>The orchestrator's answer, as a node takes it.</summary>
    public static FrameTarget Admission { get; } = new(
        "frame_admission",
        75_000,
        WireLimits.Admission,
        ReadAnswer,
        [
            Encode(Setup.ToWelcome("s-1", TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30))),
            Encode(OtherSetup.ToWelcome("s-2", TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1))),
            Encode(TableSetup.ToWelcome("s-3", TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30))),
            Encode(new Prepare("s-4", TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30))),
            WithEmptySection(Encode(new Reject(RejectCodes.NodeId, "ids are from 1 to 3 – not 4", Final: true))),
        ]);

    /// <summary>Every message of a session.</summary>
    public static FrameTarget Session { get; } = new(
        "frame_session",
        200_000,
        WireLimits.Session,
        frame => Frames.ReadMessage(frame),
        [
            .. from sample in FrameSample.All
               from options in new[] { FrameSample.Checked, FrameSample.Unchecked, FrameSample.Lz4, FrameSample.UncheckedLz4 }
               select sample.Encode(options),
        ]);

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override int ShortRun { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> Corpus { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ExpectedRefusals { get; } = [.. Errors.Select(e => $"{e}")];

    /// <inheritdoc/>
    public override byte[] NewInput(FuzzRandom random) => FrameMutations.NewInput(random, Corpus);

    /// <inheritdoc/>
    public override void Consume(byte[] input)
    {
        var reader = new FrameReader(new FuzzStream(input));
        while (reader.ReadAsync(_limits, CancellationToken.None).Now() is { } frame)
        {
            _read(frame);
            foreach (TensorDescriptor tensor in frame.Tensors)
            {
                if (tensor.RawLength <= MaxAccepted)
                {
                    reader.ReadTensorAsync(tensor, Destination.AsMemory(0, (int)tensor.RawLength), CancellationToken.None).Now();
                }
                else
                {
                    reader.SkipTensorAsync(tensor, CancellationToken.None).Now();
                }
            }
        }
    }

    /// <inheritdoc/>
    public override string? KindOfRefusal(Exception e) => e switch
    {
        ProtocolException p => $"{p.Error}",
        ModelException when _limits == WireLimits.Admission => "Model",
        _ => null,
    };

    /// <summary>The reader's buffer, metadata as long as its limit, a pooled block, what an exception takes, and the message.</summary>
    public override long MaxAllocation(byte[] input) => (96 * 1024) + _limits.MaxMetadata + (16 * input.Length);

    private static byte[] Encode<T>(T message)
        where T : class, IMessage<T> => FrameSample.Of(message).Encode(FrameSample.Checked);

    /// <summary>The same frame with a list of tensors, of which there is none.</summary>
    private static byte[] WithEmptySection(byte[] frame)
    {
        byte[] longer = [.. frame, 0xA7, .. "tensors"u8, 0x90];
        longer[FrameHeader.Size]++;
        FrameHeader.Write(longer, (MessageType)frame[5], requestId: 0, payloadLength: 0);
        return longer;
    }

    private static void ReadHello(IncomingFrame frame)
    {
        Hello hello = frame.Read<Hello>();
        Reject? refusal = Orchestration.Connections.AdmissionRules.Check(hello, Options, new Orchestration.Connections.NodeData(ValidHello.SampleCount, ValidHello.Fingerprint), isHere: false);

        // What the orchestrator itself says must be something that a node can read.
        if (refusal is not null)
        {
            ReadAnswer(new FrameReader(new MemoryStream(Encode(refusal))).ReadAsync(WireLimits.Admission, CancellationToken.None).Now()!);
        }
    }

    private static void ReadAnswer(IncomingFrame frame)
    {
        if (frame.Type == MessageType.Reject)
        {
            frame.Read<Reject>();
        }
        else if (frame.Type == MessageType.Prepare)
        {
            frame.Read<Prepare>();
        }
        else
        {
            TrainingSetup.From(frame.Read<Welcome>());
        }
    }
}
