using System.Runtime.InteropServices;
using TraversalLearning.Messages;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Support;

/// <summary>One tensor of a sample: role, type, shape, and the elements' bytes.</summary>
internal sealed record TensorSample(string Name, ElementType Type, long[] Shape, byte[] Raw)
{
    /// <summary>Elements 0.5, 1.5, 2.5…</summary>
    public static TensorSample Floats(string name, params long[] shape) => new(
        name, ElementType.Float32, shape, MemoryMarshal.AsBytes<float>([.. Enumerable.Range(0, Count(shape)).Select(i => i + 0.5f)]).ToArray());

    /// <summary>Elements 0.5, 1.5, 2.5…</summary>
    public static TensorSample Doubles(string name, params long[] shape) => new(
        name, ElementType.Float64, shape, MemoryMarshal.AsBytes<double>([.. Enumerable.Range(0, Count(shape)).Select(i => i + 0.5)]).ToArray());

    /// <summary>These elements.</summary>
    public static TensorSample Ints(string name, params int[] values) =>
        new(name, ElementType.Int32, [values.Length], MemoryMarshal.AsBytes<int>(values).ToArray());

    /// <summary>These elements.</summary>
    public static TensorSample Longs(string name, params long[] values) =>
        new(name, ElementType.Int64, [values.Length], MemoryMarshal.AsBytes<long>(values).ToArray());

    /// <summary>Bytes 0, 1, 2…</summary>
    public static TensorSample Bytes(string name, int count) => new(name, ElementType.UInt8, [count], [.. Enumerable.Range(0, count).Select(i => (byte)i)]);

    /// <summary>Zeros: what compresses best.</summary>
    public static TensorSample Zeros(string name, params long[] shape) => new(name, ElementType.Float32, shape, new byte[Count(shape) * 4]);

    private static int Count(long[] shape) => (int)shape.Aggregate(1L, (a, b) => a * b);
}

/// <summary>A message with its tensors, of any type, as tests send and compare it.</summary>
internal abstract class FrameSample(ulong requestId, TensorSample[] tensors)
{
    /// <summary>No compression, checksums.</summary>
    public static readonly TensorEncodingOptions Checked = new(new CompressionPolicy(CompressionMode.None));

    /// <summary>No compression, no checksums.</summary>
    public static readonly TensorEncodingOptions Unchecked = new(new CompressionPolicy(CompressionMode.None), Checksums: false);

    /// <summary>LZ4 wherever it shrinks, checksums.</summary>
    public static readonly TensorEncodingOptions Lz4 = new(new CompressionPolicy(CompressionMode.Lz4));

    /// <summary>LZ4 wherever it shrinks, no checksums.</summary>
    public static readonly TensorEncodingOptions UncheckedLz4 = new(new CompressionPolicy(CompressionMode.Lz4), Checksums: false);

    /// <summary>At least one sample of every message type; the last has a tensor that LZ4 compresses.</summary>
    public static FrameSample[] All { get; } =
    [
        Of(new Hello(1, 20_000, [1, 28, 28], "uint8", 10, new string('a', 64), Hello.Lz4Capability, "example/1")),
        Of(new Welcome("s-1", "{}", 1, "float32", "two_phase", 0.1307, 0.3081, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30))),
        Of(new Reject(RejectCodes.NodeId, "ids are from 1 to 3 – not 4", Final: true)),
        Of(new Hello(2, 7, [64], "uint8", 10, "f", string.Empty, "example/1", Nonce: new string('0', 64))),
        Of(new Hello(3, 7, [64], "float32", 10, "f", string.Empty, "example/1") { Range = (-1.5, 2.5), Dealt = ("--partition iid --partition_seed 7 --num_nodes 3", 9) }),
        Of(new Challenge("s-1", new string('f', 64))),
        Of(new Proof(string.Concat(Enumerable.Repeat("0123456789abcdef", 4)))),
        Of(new Welcome("s-1", "{}", 1, "float32", "two_phase", 0, 1, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), Proof: new string('a', 64))),
        Of(new Welcome("s-1", "{}", 1, "float32", "two_phase", 0, 1, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), Preparation: "{}")),
        Of(new Prepare("s-0", TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30))),
        Of(new Prepare("s-0", TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), Proof: new string('a', 64))),
        Of(new StatisticsQuery(), 1),
        Of(new WorkerHello("lab-2", "example/1", SharesFolder: false)),
        Of(new WorkerHello("local-1", "example/1", SharesFolder: true, Nonce: new string('0', 64))),
        Of(new WorkerWelcome("s-1", new string('b', 64), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(20))),
        Of(new WorkerWelcome("s-1", new string('b', 64), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(20), Proof: new string('a', 64))),
        Of(new RunQuery(), 1),
        Of(new RunOffer(new RunId("tl-seed-1", 1), ["--epochs", "2"], "virtual", "name: x\n", 10, ["checkpoints/step-000010/manifest.json"]), 1),
        Of(new NoRun(TimeSpan.FromSeconds(1)), 2),
        Of(new RunProgress(new RunId("tl-seed-1", 2), 1, 0.75, 0.5, 1), 3),
        Of(new RunVerdict(Verdicts.Proceed), 3),
        Of(new RunFile(new RunId("tl-seed-1", 2), "run.json", 1, 3, [2, 3]), 4),
        Of(new RunFileQuery(new RunId("tl-seed-1", 2), "inputs/3-model.json", 0), 5),
        Of(new ApplicantHello(ApplicantWants.Enrolment, "00112233445566ff", new string('a', 64))),
        Of(new AuthorityIdentity([1, 2, 3], new string('b', 64))),
        Of(new SigningQuery([4, 5], [6])),
        Of(new SigningPending()),
        Of(new SigningGrant([1, 2], [], "hub.example", 12345, [9])),
        Of(new RevokedCertificates([7, 8])),
        Of(new RunFilesSent(new RunId("tl-seed-1", 2), "checkpoints/step-000010"), 6),
        Of(new RunEnded(new RunId("tl-seed-1", 2), RunOutcomes.Failed, "no data"), 7),
        Of(new Statistics("""{"label":"y","columns":[],"classes":[]}"""), 1),
        Of(new Welcome("s-1", "{}", 1, "float32", "two_phase", 0, 1, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)) { Loss = """{"type":"mse"}""" }),
        Of(new Welcome("s-1", "{}", 1, "float32", "two_phase", 0, 1, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)) { Augmentation = """{"crop":4,"flip":true,"seed":1}""" }),
        Of(Heartbeat.Instance),
        Of(new Shutdown("training is over")),
        Of(new Leave("the samples do not fit")),
        Of(new Leave("31 epochs, and 30 are allowed", "policy.max_epochs")),
        Of(new Decline(2, "policy.orchestrators", "hub.example is allowed, and this one's certificate is CN=other")),
        Of(new Welcome("s-1", "{}", 1, "float32", "blind", 0, 1, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)) { Run = """{"algorithm":"tl","nodes":3,"batch_size":64,"epochs":2,"reveal_model":false}""" }),
        Of(new IndexRangeQuery(), 1),
        Of(new IndexRange(20_000), 1),
        Of(new IndexRange(20_000, """{"partition_idx":"0","site":"Bern"}"""), 1),
        Of(new ForwardPass(new StepId(1, 2, 0), 64), 2, TensorSample.Ints(TensorNames.Indices, 5, 0, 7), TensorSample.Floats(TensorNames.Parameters, 6)),
        Of(
            new ForwardResult(new StepId(1, 2, 0), 2.302585, 1, 850),
            2,
            TensorSample.Floats(TensorNames.Activations, 3, 2, 2),
            TensorSample.Floats(TensorNames.LogitGradients, 3, 4)),
        Of(
            new ForwardResult(new StepId(7, 70_000, 3), double.MaxValue, 0, int.MaxValue),
            ulong.MaxValue,
            TensorSample.Doubles(TensorNames.Activations, 1, 2),
            TensorSample.Doubles(TensorNames.LogitGradients, 1, 2),
            TensorSample.Doubles(TensorNames.ParameterGradients, 4)),
        Of(new ActivationResult(new StepId(1, 2, 0), 430), 2, TensorSample.Floats(TensorNames.Activations, 3, 2, 2)),
        Of(new LossPass(new StepId(1, 2, 0)), 3, TensorSample.Floats(TensorNames.Logits, 3, 4)),
        Of(new LossResult(new StepId(1, 2, 0), 2.302585, 1, 90), 3, TensorSample.Floats(TensorNames.LogitGradients, 3, 4)),
        Of(new Backward(new StepId(1, 2, 0)), 3, TensorSample.Floats(TensorNames.ActivationGradients, 3, 2, 2)),
        Of(new BackwardResult(new StepId(1, 2, 0), 120), 3, TensorSample.Doubles(TensorNames.ParameterGradients, 5)),
        Of(
            new LocalTraining(new StepId(1, 0, 0), 2, 64, "00000000000003e8", new LocalOptimizer("sgd", 0.1, 0.9, true, 0, 0), 0.01),
            4,
            TensorSample.Floats(TensorNames.Parameters, 6),
            TensorSample.Floats(TensorNames.Buffers, 4)),
        Of(
            new LocalTraining(new StepId(1, 0, 0), 2, 64, "00000000000003e8", new LocalOptimizer("sgd", 0.1, 0.9, true, 0, 0), 0.01) { DropsLast = true },
            4,
            TensorSample.Floats(TensorNames.Parameters, 6)),
        Of(new LocalResult(new StepId(1, 0, 0), 230.2585, 5_000_000_000, 90), 4, TensorSample.Doubles(TensorNames.Parameters, 6)),
        Of(new LocalResult(new StepId(1, 0, 0), 230.2585, 7, 90) { Rows = 128 }, 4, TensorSample.Doubles(TensorNames.Parameters, 6)),
        Of(
            new GossipRound(
                new LocalTraining(new StepId(2, 0, 0), 2, 64, "00000000000003e8", new LocalOptimizer("sgd", 0.1, 0.9, true, 0, 0), 0), 1, 0, [2, 3], 0.5, [0.25, 0.25]),
            4,
            TensorSample.Floats(TensorNames.NeighborParameters, 2, 6),
            TensorSample.Floats(TensorNames.NeighborBuffers, 2, 4),
            TensorSample.Floats(TensorNames.Parameters, 6),
            TensorSample.Floats(TensorNames.Buffers, 4)),
        Of(new GossipResult(new LocalResult(new StepId(2, 0, 0), 230.2585, 7, 90), [2, 3]), 4, TensorSample.Floats(TensorNames.Parameters, 6)),
        Of(
            new TurnStart(new StepId(1, 0, 2), "00000000000003e8", new LocalOptimizer("adadelta", 1, 0, false, 0.5, 2)),
            4,
            TensorSample.Floats(TensorNames.Parameters, 3),
            TensorSample.Floats(TensorNames.Buffers, 2)),
        Of(new TurnAck(new StepId(1, 0, 2), 12), 4),
        Of(new TurnForward(new StepId(1, 7, 2)), 5, TensorSample.Ints(TensorNames.Indices, 5, 0, 7)),
        Of(new TurnBackward(new StepId(1, 7, 2)), 6, TensorSample.Floats(TensorNames.ActivationGradients, 3, 2, 2)),
        Of(new TurnEnd(new StepId(1, 8, 2)), 7),
        Of(new TurnResult(new StepId(1, 8, 2), 34), 7, TensorSample.Doubles(TensorNames.Parameters, 3)),
        Of(new ValidationPass(new StepId(3, 0, 1), 64), 4, TensorSample.Ints(TensorNames.Indices, 5, 0, 7), TensorSample.Floats(TensorNames.Parameters, 6)),
        Of(new ValidationResult(new StepId(3, 0, 1), 2.302585, 2, 850), 4),
        Of(new TaskFailed(TaskFailureCodes.NoForward, "no forward pass is held"), 4),
        Of(new TaskFailed(TaskFailureCodes.Range, "a gradient is larger than the scale of the sum") { Unfit = [0, 3] }, 8),
        Of(new BlindStart("{}"), 5, TensorSample.Ints(TensorNames.Counts, 40, 40), TensorSample.Floats(TensorNames.Parameters, 6)),
        Of(new BlindReady(new StepId(1, 2, 0), 30, new string('a', 64), new string('b', 32)), 5),
        Of(new KeyQuery(), 6),
        Of(new KeyOffered(string.Empty), 6, TensorSample.Bytes(TensorNames.Blob, 97)),
        Of(new KeyRound(1), 7, TensorSample.Bytes(TensorNames.Blob, 198), TensorSample.Bytes(TensorNames.Blob, 60)),
        Of(new KeyAgreed(new string('a', 64), new string('b', 32), new string('c', 64)), 7, TensorSample.Bytes(TensorNames.Blob, 60)),
        Of(new BlindStep(new StepId(1, 3, 0), [1, 2], [], new AppliedSum(new StepId(1, 2, 0), [4, 0], new StepId(1, 1, 1)), Agree: true), 8, TensorSample.Ints(TensorNames.Sum, 1, -2, 3, 4)),
        Of(new BlindSum(new StepId(1, 3, 0), new string('d', 64), 90), 8, TensorSample.Ints(TensorNames.Sum, 1, -2, 3, 4), TensorSample.Longs(TensorNames.Figures, -1, 1L << 40)),
        Of(new BlindApply(new AppliedSum(new StepId(1, 3, 0), [], new StepId(1, 2, 0))), 9, TensorSample.Ints(TensorNames.Sum, 1, -2, 3, 4)),
        Of(new BlindApplied(new string('d', 64)), 9),
        Of(new BlindEvaluation(new StepId(1, 0, 0), [1, 2], 250), 10),
        Of(new BlindScores(new StepId(1, 0, 0), 90), 10, TensorSample.Longs(TensorNames.Figures, 30, 1L << 33, 12)),
        Of(new SealQuery(new StepId(1, 3, 0)), 11),
        Of(new SealedState(new StepId(1, 3, 0)), 11, TensorSample.Bytes(TensorNames.Blob, 100)),
        Of(new Unseal(new StepId(1, 3, 0)), 12, TensorSample.Bytes(TensorNames.Blob, 100)),
        Of(new BlindFinish(new StepId(1, 3, 0)), 13, TensorSample.Bytes(TensorNames.Blob, 64)),
        Of(new BlindFinished(new StepId(1, 3, 0)), 13, TensorSample.Floats(TensorNames.Parameters, 6)),
        Of(
            new ForwardResult(new StepId(1, 3, 0), 0, 32),
            5,
            TensorSample.Zeros(TensorNames.Activations, 32, 32),
            TensorSample.Floats(TensorNames.LogitGradients, 1, 3)),
    ];

    /// <summary>The message.</summary>
    public abstract object Message { get; }

    /// <summary>Its type on the wire.</summary>
    public abstract MessageType MessageType { get; }

    /// <summary>The frame's request id.</summary>
    public ulong RequestId => requestId;

    /// <summary>The tensors beside it.</summary>
    public IReadOnlyList<TensorSample> Tensors => tensors;

    /// <summary>A sample.</summary>
    public static FrameSample Of<T>(T message, ulong requestId = 0, params TensorSample[] tensors)
        where T : class, IMessage<T> => new FrameSample<T>(message, requestId, tensors);

    /// <summary>The frame.</summary>
    public byte[] Encode(TensorEncodingOptions options)
    {
        EncodedTensor[] encoded = [.. tensors.Select(t => EncodedTensor.Encode(t.Name, t.Type, t.Shape, t.Raw, options))];
        using var stream = new MemoryStream();
        long sent = Write(new FrameWriter(stream), encoded).Now();
        Assert.That(sent, Is.EqualTo(stream.Length));
        foreach (EncodedTensor tensor in encoded)
        {
            tensor.Dispose();
        }

        return stream.ToArray();
    }

    /// <summary>Fails unless <paramref name="frame"/> is this very message with these very tensors.</summary>
    public void AssertEqual(ReceivedFrame? frame)
    {
        Assert.That(frame, Is.Not.Null);
        Assert.That(frame!.RequestId, Is.EqualTo(requestId));
        Assert.That(frame.Message, Is.TypeOf(Message.GetType()));
        Assert.That(frame.Message, Is.EqualTo(Message).UsingPropertiesComparer());
        Assert.That(frame.Tensors, Has.Count.EqualTo(tensors.Length));
        for (int i = 0; i < tensors.Length; i++)
        {
            Assert.That(frame.Tensors[i].AsSpan().SequenceEqual(tensors[i].Raw), Is.True, $"tensor {i}");
        }

        Assert.That(
            frame.Descriptors.Select(d => d.ToString()),
            Is.EqualTo(tensors.Select(t => $"{t.Name} {t.Type}[{string.Join(',', t.Shape)}]")));
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Message.GetType().Name} {string.Join(' ', tensors.Select(t => t.Name))}".Trim();

    /// <summary>Sends it.</summary>
    public abstract ValueTask<long> Write(FrameWriter writer, EncodedTensor[] encoded);

    /// <summary>Sends it over a connection.</summary>
    public abstract Task Send(Connection connection, EncodedTensor[] encoded, CancellationToken cancellationToken);
}

/// <inheritdoc cref="FrameSample"/>
internal sealed class FrameSample<T>(T message, ulong requestId, TensorSample[] tensors) : FrameSample(requestId, tensors)
    where T : class, IMessage<T>
{
    /// <inheritdoc/>
    public override object Message => message;

    /// <inheritdoc/>
    public override MessageType MessageType => T.Type;

    /// <inheritdoc/>
    public override ValueTask<long> Write(FrameWriter writer, EncodedTensor[] encoded) =>
        writer.WriteAsync(message, RequestId, encoded, CancellationToken.None);

    /// <inheritdoc/>
    public override Task Send(Connection connection, EncodedTensor[] encoded, CancellationToken cancellationToken) =>
        connection.SendAsync(message, RequestId, encoded, null, cancellationToken);
}
