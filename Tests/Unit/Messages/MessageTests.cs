using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using MessagePack;
using TraversalLearning.Messages;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Unit.Messages;

/// <summary>What each message's fields may be.</summary>
public sealed class MessageTests
{
    private static readonly (object? Key, object? Value)[] Step = [("epoch", 1), ("batch", 2), ("attempt", 3)];

    private static readonly string Digits = string.Concat(Enumerable.Repeat("0123456789abcdef", 4));

    private static readonly (object? Key, object? Value)[] HelloFields =
    [
        ("node_id", 1), ("sample_count", 2), ("sample_shape", new object[] { 1, 28, 28 }), ("sample_type", "uint8"), ("class_count", 10), ("fingerprint", "f"),
        ("capabilities", "lz4"), ("software", "s"),
    ];

    private static readonly (object? Key, object? Value)[] WelcomeFields =
    [
        ("session", "s"), ("model", "{}"), ("cut", 1), ("dtype", "float32"), ("exchange", "two_phase"), ("mean", 0.5), ("std", 1.5),
        ("heartbeat_interval_ms", 5000), ("heartbeat_timeout_ms", 30_000),
    ];

    private static ReadOnlyMemory<byte> Bytes(int count) => new byte[count];

    private static readonly (object? Key, object? Value)[] Run = [("run", "tl-seed-1"), ("attempt", 1)];

    private static readonly (object? Key, object? Value)[] Sum =
    [
        ("applied_epoch", 1), ("applied_batch", 2), ("applied_attempt", 0), ("applied_headroom", new object[] { 0, 8 }), ("after_epoch", 1), ("after_batch", 1), ("after_attempt", 0),
    ];

    private static readonly Dictionary<MessageType, (object? Key, object? Value)[]> Fields = new()
    {
        [MessageType.Hello] = HelloFields,
        [MessageType.Welcome] = WelcomeFields,
        [MessageType.Reject] = [("code", "c"), ("text", "t"), ("final", 0)],
        [MessageType.Challenge] = [("session", "s"), ("nonce", Digits)],
        [MessageType.Proof] = [("proof", Digits)],
        [MessageType.Heartbeat] = [],
        [MessageType.Shutdown] = [("reason", "r")],
        [MessageType.Leave] = [("reason", "r")],
        [MessageType.Decline] = [("node_id", 2), ("code", "policy.hours"), ("reason", "r")],
        [MessageType.IndexRangeQuery] = [],
        [MessageType.IndexRange] = [("count", 5)],
        [MessageType.ForwardPass] = [.. Step, ("batch_rows", 64)],
        [MessageType.ForwardResult] = [.. Step, ("loss_sum", 1.5), ("hits", 7), ("compute_us", 850)],
        [MessageType.ActivationResult] = [.. Step, ("compute_us", 430)],
        [MessageType.LossPass] = Step,
        [MessageType.LossResult] = [.. Step, ("loss_sum", 1.5), ("hits", 7), ("compute_us", 90)],
        [MessageType.Backward] = Step,
        [MessageType.BackwardResult] = [.. Step, ("compute_us", 120)],
        [MessageType.LocalTraining] =
        [
            .. Step, ("epochs", 2), ("batch_size", 64), ("seed", "00000000000003e8"), ("optimizer", "sgd"), ("lr", 0.5), ("momentum", 0.5), ("nesterov", 1),
            ("weight_decay", 0.5), ("clip_grad_norm", 1.5), ("proximal_mu", 0.25),
        ],
        [MessageType.LocalResult] = [.. Step, ("loss_sum", 1.5), ("hits", 7), ("compute_us", 90)],
        [MessageType.GossipRound] =
        [
            .. Step, ("epochs", 2), ("batch_size", 64), ("seed", "00000000000003e8"), ("optimizer", "sgd"), ("lr", 0.5), ("momentum", 0.5), ("nesterov", 1),
            ("weight_decay", 0.5), ("clip_grad_norm", 1.5), ("proximal_mu", 0.25), ("model_epoch", 1), ("model_batch", 0), ("neighbors", new object[] { 2, 4 }),
            ("own_weight", 0.5), ("weights", new object[] { 0.25, 0.25 }),
        ],
        [MessageType.GossipResult] = [.. Step, ("loss_sum", 1.5), ("hits", 7), ("compute_us", 90), ("to", new object[] { 2, 4 })],
        [MessageType.TurnStart] =
        [
            .. Step, ("seed", "00000000000003e8"), ("optimizer", "sgd"), ("lr", 0.5), ("momentum", 0.5), ("nesterov", 1), ("weight_decay", 0.5),
            ("clip_grad_norm", 1.5),
        ],
        [MessageType.TurnAck] = [.. Step, ("compute_us", 12)],
        [MessageType.TurnForward] = Step,
        [MessageType.TurnBackward] = Step,
        [MessageType.TurnEnd] = Step,
        [MessageType.TurnResult] = [.. Step, ("compute_us", 34)],
        [MessageType.ValidationPass] = [.. Step, ("batch_rows", 64)],
        [MessageType.ValidationResult] = [.. Step, ("loss_sum", 1.5), ("hits", 7), ("compute_us", 850)],
        [MessageType.TaskFailed] = [("code", "c"), ("text", "t")],
        [MessageType.Prepare] = [("session", "s"), ("heartbeat_interval_ms", 5000), ("heartbeat_timeout_ms", 30_000)],
        [MessageType.StatisticsQuery] = [],
        [MessageType.Statistics] = [("table", "{}")],
        [MessageType.WorkerHello] = [("name", "w"), ("software", "s"), ("shares_folder", 1)],
        [MessageType.WorkerWelcome] = [("session", "s"), ("study", Digits), ("heartbeat_interval_ms", 5000), ("heartbeat_timeout_ms", 30_000)],
        [MessageType.RunQuery] = [],
        [MessageType.RunOffer] =
        [
            .. Run, ("arguments", new object[] { "--epochs", "2" }), ("hosting", "virtual"), ("configuration", "name: x"), ("checkpoint_step", 0),
            ("files", new object[] { "inputs/1" }),
        ],
        [MessageType.NoRun] = [("wait_ms", 1000)],
        [MessageType.RunProgress] = [.. Run, ("epoch", 1), ("accuracy", 0.5), ("loss", 1.5), ("lost_nodes", 0)],
        [MessageType.RunVerdict] = [("verdict", "proceed")],
        [MessageType.RunFile] = [.. Run, ("name", "run.json"), ("offset", 0), ("size", 3), ("data", new ReadOnlyMemory<byte>([1, 2, 3]))],
        [MessageType.RunFileQuery] = [.. Run, ("name", "run.json"), ("offset", 0)],
        [MessageType.RunFilesSent] = [.. Run, ("folder", "checkpoints/step-000010")],
        [MessageType.RunEnded] = [.. Run, ("outcome", "done"), ("reason", "")],
        [MessageType.BlindStart] = [("terms", "{}")],
        [MessageType.BlindReady] = [.. Step, ("test_rows", 30), ("key_epoch", Digits), ("group_key", Digits[..32])],
        [MessageType.KeyQuery] = [],
        [MessageType.KeyOffered] = [("group_key", Digits[..32])],
        [MessageType.KeyRound] = [("maker", 1)],
        [MessageType.KeyAgreed] = [("key_epoch", Digits), ("group_key", Digits[..32]), ("consent", Digits)],
        [MessageType.BlindStep] = [.. Step, ("participants", new object[] { 1, 2, 4 }), ("headroom", new object[] { 4, 0 }), .. Sum, ("agree", 1)],
        [MessageType.BlindSum] = [.. Step, ("agreement", Digits), ("compute_us", 90)],
        [MessageType.BlindApply] = Sum,
        [MessageType.BlindApplied] = [("agreement", Digits)],
        [MessageType.BlindEvaluation] = [.. Step, ("participants", new object[] { 1, 2, 4 }), ("batch_rows", 250)],
        [MessageType.BlindScores] = [.. Step, ("compute_us", 90)],
        [MessageType.SealQuery] = Step,
        [MessageType.SealedState] = Step,
        [MessageType.Unseal] = Step,
        [MessageType.BlindFinish] = Step,
        [MessageType.BlindFinished] = Step,
        [MessageType.ApplicantHello] = [("wants", "enrolment"), ("id", "00ff"), ("nonce", Digits)],
        [MessageType.AuthorityIdentity] = [("certificate", Bytes(3)), ("nonce", Digits)],
        [MessageType.SigningQuery] = [("request", Bytes(3)), ("proof", Bytes(3))],
        [MessageType.SigningPending] = [],
        [MessageType.SigningGrant] = [("certificate", Bytes(3)), ("revoked", Bytes(0)), ("host", "hub"), ("port", 12345), ("token", Bytes(0))],
        [MessageType.RevokedCertificates] = [("list", Bytes(3))],
    };

    private static readonly (MessageType Type, string Field)[] Optional =
    [
        (MessageType.Hello, "nonce"), (MessageType.Hello, "least"), (MessageType.Hello, "largest"), (MessageType.Hello, "dealing"), (MessageType.Hello, "dealt_samples"),
        (MessageType.Welcome, "proof"), (MessageType.Welcome, "loss"), (MessageType.Welcome, "augmentation"),
        (MessageType.Welcome, "run"), (MessageType.Leave, "code"),
        (MessageType.Welcome, "preparation"), (MessageType.Prepare, "proof"), (MessageType.IndexRange, "metadata"),
        (MessageType.WorkerHello, "nonce"), (MessageType.WorkerWelcome, "proof"), (MessageType.LocalTraining, "drop_last"), (MessageType.LocalResult, "rows"),
        (MessageType.GossipRound, "drop_last"), (MessageType.GossipResult, "rows"), (MessageType.TaskFailed, "unfit"),
    ];

    private static IEnumerable<MessageType> Types => Enum.GetValues<MessageType>();

    private static IEnumerable<TestCaseData> Ranges()
    {
        const long IntMax = int.MaxValue;
        (MessageType Type, string Field, long Min, long Max)[] ranges =
        [
            (MessageType.Hello, "node_id", 0, IntMax),
            (MessageType.Hello, "sample_count", 0, long.MaxValue),
            (MessageType.Hello, "class_count", 0, IntMax),
            (MessageType.Welcome, "cut", 1, IntMax),
            (MessageType.Welcome, "heartbeat_interval_ms", 1, 86_400_000),
            (MessageType.Welcome, "heartbeat_timeout_ms", 1, 86_400_000),
            (MessageType.Prepare, "heartbeat_interval_ms", 1, 86_400_000),
            (MessageType.Prepare, "heartbeat_timeout_ms", 1, 86_400_000),
            (MessageType.Reject, "final", 0, 1),
            (MessageType.IndexRange, "count", 0, long.MaxValue),
            (MessageType.ForwardPass, "epoch", 0, IntMax),
            (MessageType.ForwardPass, "batch", 0, IntMax),
            (MessageType.ForwardPass, "attempt", 0, IntMax),
            (MessageType.ForwardPass, "batch_rows", 1, IntMax),
            (MessageType.ForwardResult, "hits", 0, IntMax),
            (MessageType.ForwardResult, "compute_us", 0, IntMax),
            (MessageType.ActivationResult, "compute_us", 0, IntMax),
            (MessageType.LossResult, "hits", 0, IntMax),
            (MessageType.LossResult, "compute_us", 0, IntMax),
            (MessageType.BackwardResult, "compute_us", 0, IntMax),
            (MessageType.ValidationPass, "batch_rows", 1, IntMax),
            (MessageType.ValidationResult, "hits", 0, IntMax),
            (MessageType.ValidationResult, "compute_us", 0, IntMax),
            (MessageType.LocalTraining, "epochs", 1, IntMax),
            (MessageType.LocalTraining, "batch_size", 1, IntMax),
            (MessageType.LocalTraining, "nesterov", 0, 1),
            (MessageType.LocalResult, "hits", 0, long.MaxValue),
            (MessageType.LocalResult, "compute_us", 0, IntMax),
            (MessageType.GossipRound, "epochs", 1, IntMax),
            (MessageType.GossipRound, "model_epoch", 0, IntMax),
            (MessageType.GossipRound, "model_batch", 0, IntMax),
            (MessageType.GossipResult, "hits", 0, long.MaxValue),
            (MessageType.TurnStart, "nesterov", 0, 1),
            (MessageType.TurnAck, "compute_us", 0, IntMax),
            (MessageType.TurnForward, "batch", 0, IntMax),
            (MessageType.TurnResult, "compute_us", 0, IntMax),
            (MessageType.WorkerHello, "shares_folder", 0, 1),
            (MessageType.WorkerWelcome, "heartbeat_interval_ms", 1, 86_400_000),
            (MessageType.WorkerWelcome, "heartbeat_timeout_ms", 1, 86_400_000),
            (MessageType.RunOffer, "attempt", 1, IntMax),
            (MessageType.RunOffer, "checkpoint_step", 0, IntMax),
            (MessageType.NoRun, "wait_ms", 1, 60_000),
            (MessageType.RunProgress, "epoch", 0, IntMax),
            (MessageType.RunProgress, "lost_nodes", 0, IntMax),
            (MessageType.RunFile, "offset", 0, long.MaxValue),
            (MessageType.RunFile, "size", 0, long.MaxValue),
            (MessageType.RunFileQuery, "offset", 0, long.MaxValue),
            (MessageType.BlindReady, "test_rows", 0, IntMax),
            (MessageType.KeyRound, "maker", 1, IntMax),
            (MessageType.BlindStep, "after_epoch", 0, IntMax),
            (MessageType.BlindStep, "agree", 0, 1),
            (MessageType.BlindSum, "compute_us", 0, IntMax),
            (MessageType.BlindApply, "applied_epoch", 0, IntMax),
            (MessageType.BlindEvaluation, "batch_rows", 1, IntMax),
            (MessageType.BlindScores, "compute_us", 0, IntMax),
            (MessageType.SigningGrant, "port", 1, 65_535),
        ];
        return ranges.Select(r => new TestCaseData(r.Type, r.Field, r.Min, r.Max).SetArgDisplayNames($"{r.Type}.{r.Field}"));
    }

    private static IEnumerable<TestCaseData> Lengths()
    {
        (MessageType Type, string Field, int Max)[] lengths =
        [
            (MessageType.Hello, "sample_type", 16),
            (MessageType.Hello, "fingerprint", 128),
            (MessageType.Hello, "capabilities", 256),
            (MessageType.Hello, "software", 128),
            (MessageType.Welcome, "session", 128),
            (MessageType.Welcome, "dtype", 16),
            (MessageType.Welcome, "exchange", 32),
            (MessageType.Challenge, "session", 128),
            (MessageType.Prepare, "session", 128),
            (MessageType.Reject, "code", 64),
            (MessageType.Reject, "text", 1024),
            (MessageType.Shutdown, "reason", 1024),
            (MessageType.Leave, "reason", 1024),
            (MessageType.Decline, "code", 64),
            (MessageType.Decline, "reason", 1024),
            (MessageType.LocalTraining, "optimizer", 32),
            (MessageType.TurnStart, "optimizer", 32),
            (MessageType.TaskFailed, "code", 64),
            (MessageType.TaskFailed, "text", 4096),
            (MessageType.WorkerHello, "name", 128),
            (MessageType.WorkerHello, "software", 128),
            (MessageType.WorkerWelcome, "session", 128),
            (MessageType.RunOffer, "run", 200),
            (MessageType.RunOffer, "hosting", 16),
            (MessageType.RunOffer, "configuration", 262_144),
            (MessageType.RunVerdict, "verdict", 16),
            (MessageType.RunFile, "name", 256),
            (MessageType.RunFilesSent, "folder", 256),
            (MessageType.RunEnded, "outcome", 16),
            (MessageType.RunEnded, "reason", 1024),
            (MessageType.BlindStart, "terms", 32 * 1024),
            (MessageType.BlindReady, "key_epoch", 64),
            (MessageType.BlindReady, "group_key", 32),
            (MessageType.KeyOffered, "group_key", 32),
            (MessageType.KeyAgreed, "consent", 64),
            (MessageType.BlindSum, "agreement", 64),
            (MessageType.BlindApplied, "agreement", 64),
            (MessageType.ApplicantHello, "wants", 16),
            (MessageType.ApplicantHello, "id", 64),
            (MessageType.SigningGrant, "host", 256),
        ];
        return lengths.Select(l => new TestCaseData(l.Type, l.Field, l.Max).SetArgDisplayNames($"{l.Type}.{l.Field}"));
    }

    [TestCaseSource(nameof(Types))]
    public void Every_field_must_be_there_and_of_its_type(MessageType type)
    {
        (object? Key, object? Value)[] fields = Fields[type];
        Assert.That(Read(type, fields), Is.Not.Null);
        Assert.That(Read(type, [.. fields.Reverse()]), Is.EqualTo(Read(type, fields)).UsingPropertiesComparer(), "the order is no matter");
        for (int i = 0; i < fields.Length; i++)
        {
            Assert.That(ErrorOf(type, [.. fields[..i], .. fields[(i + 1)..]]), Is.EqualTo(ProtocolError.MalformedMetadata), $"no {fields[i].Key}");
            object other = fields[i].Value is object[] and [string, ..] ? new object[] { 1 } : new object[] { "x" };
            foreach (object? wrong in new[] { null, true, other, fields[i].Value is string ? 1 : "1" })
            {
                Assert.That(ErrorOf(type, With(type, (string)fields[i].Key!, wrong)), Is.EqualTo(ProtocolError.MalformedMetadata), $"{fields[i].Key} = {wrong}");
            }

            if (fields[i].Value is int number)
            {
                Assert.That(ErrorOf(type, With(type, (string)fields[i].Key!, (double)number)), Is.EqualTo(ProtocolError.MalformedMetadata));
            }
        }
    }

    [TestCaseSource(nameof(Types))]
    public void Writes_the_number_of_fields_that_it_says(MessageType type)
    {
        foreach (FrameSample sample in FrameSample.All.Where(s => s.MessageType == type))
        {
            byte[] frame = sample.Encode(FrameSample.Checked);
            var map = new MetadataMap();
            map.Parse(frame.AsMemory(FrameHeader.Size, Frames.HeadLength(frame) - FrameHeader.Size));
            Assert.That(Fields[type].Select(f => f.Key), Is.All.Matches<string>(k => map.Has(System.Text.Encoding.UTF8.GetBytes(k!))));
            int optional = Optional.Count(o => o.Type == type && map.Has(System.Text.Encoding.UTF8.GetBytes(o.Field))) + (sample.Tensors.Count > 0 ? 1 : 0);
            Assert.That(new MessagePackReader(frame.AsMemory(FrameHeader.Size)).ReadMapHeader(), Is.EqualTo(Fields[type].Length + optional));
        }
    }

    [TestCaseSource(nameof(Ranges))]
    public void Integers_are_within_their_range(MessageType type, string field, long min, long max)
    {
        Assert.That(Read(type, With(type, field, min)), Is.Not.Null);
        Assert.That(Read(type, With(type, field, max)), Is.Not.Null);
        Assert.That(ErrorOf(type, With(type, field, min - 1)), Is.EqualTo(ProtocolError.MalformedMetadata));
        Assert.That(ErrorOf(type, With(type, field, (ulong)max + 1)), Is.EqualTo(ProtocolError.MalformedMetadata));
    }

    [TestCase(8192, null)]
    [TestCase(8193, ProtocolError.LimitExceeded)]
    public void What_a_node_says_of_itself_is_within_its_length(int length, ProtocolError? error)
    {
        (object? Key, object? Value)[] fields = [("count", 5), ("metadata", new string('m', length))];
        Assert.That(error is null ? null : (ProtocolError?)ErrorOf(MessageType.IndexRange, fields), Is.EqualTo(error));
        Assert.That(() => Read(MessageType.IndexRange, fields), error is null ? Throws.Nothing : Throws.TypeOf<ProtocolException>());
    }

    [TestCaseSource(nameof(Lengths))]
    public void Strings_are_within_their_length(MessageType type, string field, int max)
    {
        Assert.That(Read(type, With(type, field, new string('x', max))), Is.Not.Null);
        Assert.That(ErrorOf(type, With(type, field, new string('x', max + 1))), Is.EqualTo(ProtocolError.LimitExceeded));
    }

    [TestCase(MessageType.Hello, "nonce")]
    [TestCase(MessageType.Welcome, "proof")]
    [TestCase(MessageType.Prepare, "proof")]
    [TestCase(MessageType.WorkerHello, "nonce")]
    [TestCase(MessageType.WorkerWelcome, "proof")]
    [TestCase(MessageType.WorkerWelcome, "study")]
    [TestCase(MessageType.Challenge, "nonce")]
    [TestCase(MessageType.Proof, "proof")]
    [TestCase(MessageType.ApplicantHello, "nonce")]
    [TestCase(MessageType.AuthorityIdentity, "nonce")]
    public void Nonces_and_proofs_are_64_lower_case_digits(MessageType type, string field)
    {
        (object? Key, object? Value)[] With(object? value) => [.. Fields[type].Where(f => !field.Equals(f.Key)), (field, value)];
        Assert.That(Read(type, With(Digits)), Is.Not.Null);
        foreach (object? wrong in new object?[] { null, 1, string.Empty, Digits[1..], Digits[1..] + "A", Digits[1..] + " ", Digits[2..] + "é" })
        {
            Assert.That(ErrorOf(type, With(wrong)), Is.EqualTo(ProtocolError.MalformedMetadata), $"{wrong}");
        }

        Assert.That(ErrorOf(type, With(Digits + "0")), Is.EqualTo(ProtocolError.LimitExceeded));
    }

    [Test]
    public void Lists_and_bytes_are_within_their_lengths()
    {
        object[] Words(int count, int length) => [.. Enumerable.Repeat(new string('x', length), count)];
        foreach ((MessageType type, string field, object most, object more) in new (MessageType, string, object, object)[]
        {
            (MessageType.RunOffer, "arguments", Words(512, 1), Words(513, 1)),
            (MessageType.RunOffer, "arguments", Words(1, 65_536), Words(1, 65_537)),
            (MessageType.RunOffer, "files", Words(256, 1), Words(257, 1)),
            (MessageType.RunOffer, "files", Words(1, 256), Words(1, 257)),
            (MessageType.RunFile, "data", Bytes(524_288), Bytes(524_289)),
            (MessageType.AuthorityIdentity, "certificate", Bytes(3072), Bytes(3073)),
            (MessageType.SigningQuery, "request", Bytes(2048), Bytes(2049)),
            (MessageType.SigningQuery, "proof", Bytes(1024), Bytes(1025)),
            (MessageType.SigningGrant, "certificate", Bytes(102_400), Bytes(102_401)),
            (MessageType.SigningGrant, "revoked", Bytes(786_432), Bytes(786_433)),
            (MessageType.SigningGrant, "token", Bytes(65_536), Bytes(65_537)),
            (MessageType.RevokedCertificates, "list", Bytes(786_432), Bytes(786_433)),
        })
        {
            Assert.That(() => Read(type, With(type, field, most)), Throws.Nothing, field);
            Assert.That(ErrorOf(type, With(type, field, more)), Is.EqualTo(ProtocolError.LimitExceeded), field);
        }
    }

    [Test]
    public void A_sample_has_eight_dimensions_at_most()
    {
        Assert.That(Read(MessageType.Hello, With(MessageType.Hello, "sample_shape", Enumerable.Repeat((object)1, 8).ToArray())), Is.Not.Null);
        Assert.That(
            ErrorOf(MessageType.Hello, With(MessageType.Hello, "sample_shape", Enumerable.Repeat((object)1, 9).ToArray())),
            Is.EqualTo(ProtocolError.LimitExceeded));
        Assert.That(
            ErrorOf(MessageType.Hello, With(MessageType.Hello, "sample_shape", new object[] { -1 })), Is.EqualTo(ProtocolError.MalformedMetadata));
    }

    [TestCase(MessageType.BlindStep, "headroom", 2048)]
    [TestCase(MessageType.BlindStep, "applied_headroom", 2048)]
    [TestCase(MessageType.BlindApply, "applied_headroom", 2048)]
    [TestCase(MessageType.TaskFailed, "unfit", 8191)]
    public void Numbers_of_parameter_tensors_are_within_their_range(MessageType type, string field, int most)
    {
        (object?, object?)[] With(params object[] values) => [.. Fields[type].Where(f => !field.Equals(f.Key)), (field, values)];
        Assert.That(Read(type, With()), Is.Not.Null);
        Assert.That(Read(type, With([.. Enumerable.Repeat((object)1, 8192)])), Is.Not.Null);
        Assert.That(Read(type, With(0, most)), Is.Not.Null);
        Assert.That(ErrorOf(type, With([.. Enumerable.Repeat((object)1, 8193)])), Is.EqualTo(ProtocolError.LimitExceeded));
        foreach (object wrong in new object[] { -1, most + 1, (ulong)long.MaxValue + 1, "1", 1.0 })
        {
            Assert.That(ErrorOf(type, With(0, wrong)), Is.EqualTo(ProtocolError.MalformedMetadata), $"{wrong}");
        }
    }

    [Test]
    public void A_round_of_gossip_has_a_weight_for_each_neighbour_and_not_too_many()
    {
        (object?, object?)[] With(int neighbors, int weights) =>
        [
            .. Fields[MessageType.GossipRound].Where(f => f.Key is not ("neighbors" or "weights")),
            ("neighbors", Enumerable.Range(1, neighbors).Select(i => (object)i).ToArray()),
            ("weights", Enumerable.Repeat((object)0.5, weights).ToArray()),
        ];
        const int Most = GossipRound.MaxNeighbors;
        Assert.That(Read(MessageType.GossipRound, With(0, 0)), Is.Not.Null);
        Assert.That(Read(MessageType.GossipRound, With(Most, Most)), Is.Not.Null, "with room for all in the metadata");
        Assert.That(ErrorOf(MessageType.GossipRound, With(Most + 1, Most)), Is.EqualTo(ProtocolError.LimitExceeded));
        Assert.That(ErrorOf(MessageType.GossipRound, With(Most, Most + 1)), Is.EqualTo(ProtocolError.LimitExceeded));
        Assert.That(ErrorOf(MessageType.GossipRound, With(3, 2)), Is.EqualTo(ProtocolError.MalformedMetadata));
        Assert.That(ErrorOf(MessageType.GossipRound, With(2, 3)), Is.EqualTo(ProtocolError.MalformedMetadata));
        foreach (double wrong in new[] { -0.5, 1.5, double.NaN, double.PositiveInfinity })
        {
            Assert.That(
                ErrorOf(MessageType.GossipRound, MessageTests.With(MessageType.GossipRound, "weights", new object[] { 0.5, wrong })),
                Is.EqualTo(ProtocolError.MalformedMetadata));
            Assert.That(ErrorOf(MessageType.GossipRound, MessageTests.With(MessageType.GossipRound, "own_weight", wrong)), Is.EqualTo(ProtocolError.MalformedMetadata));
        }
    }

    [Test]
    public void A_message_is_not_read_as_another()
    {
        byte[] frame = Frames.Make(MessageType.Backward, Pack.Map(Step));
        var reader = new TraversalLearning.Transport.FrameReader(new PieceStream(frame));
        TraversalLearning.Transport.IncomingFrame incoming = reader.ReadAsync(WireLimits.Session, CancellationToken.None).Now()!;
        ProtocolException e = Assert.Throws<ProtocolException>((Action)(() => incoming.Read<BackwardResult>()))!;
        Assert.That(e.Error, Is.EqualTo(ProtocolError.UnexpectedMessage));
    }

    [Test]
    public void Steps_read_back() => Prop.ForAll<NonNegativeInt, NonNegativeInt, NonNegativeInt>((epoch, batch, attempt) =>
    {
        var message = new BackwardResult(new StepId(epoch.Get, batch.Get, attempt.Get));
        return RoundTrip(message).Equals(message);
    }).QuickCheckThrowOnFailure();

    [Test]
    public void Numbers_read_back() => Prop.ForAll<double, NonNegativeInt, PositiveInt>((loss, hits, rows) =>
    {
        var result = new ForwardResult(new StepId(1, 2, 3), loss, hits.Get, rows.Get);
        var pass = new ForwardPass(new StepId(1, 2, 3), rows.Get);
        return RoundTrip(result).Equals(result) && RoundTrip(pass).Equals(pass);
    }).QuickCheckThrowOnFailure();

    [Test]
    public void Texts_read_back() => Prop.ForAll<NonNull<string>, NonNull<string>, bool>((code, text, final) =>
    {
        var reject = new Reject(Clean(code.Get, 16), Clean(text.Get, 256), final);
        var failed = new TaskFailed(Clean(code.Get, 16), Clean(text.Get, 1024));
        return RoundTrip(reject).Equals(reject) && RoundTrip(failed).Equals(failed);
    }).QuickCheckThrowOnFailure();

    // At most four bytes of UTF-8 for each char, and no lone surrogates, which no UTF-8 stands for.
    private static string Clean(string text, int maxLength) => string.Concat(text.Where(c => !char.IsSurrogate(c)).Take(maxLength));

    private static T RoundTrip<T>(T message)
        where T : IMessage<T>
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        writer.WriteMapHeader(message.FieldCount);
        message.WriteFields(ref writer);
        writer.Flush();
        var map = new MetadataMap();
        map.Parse(output.WrittenMemory);
        return T.Read(map);
    }

    private static (object? Key, object? Value)[] With(MessageType type, string field, object? value)
    {
        Assert.That(Fields[type].Select(f => f.Key), Does.Contain(field));
        return [.. Fields[type].Select(f => string.Equals((string)f.Key!, field, StringComparison.Ordinal) ? (f.Key, value) : f)];
    }

    private static WireLimits LimitsOf(MessageType type) => type >= MessageType.WorkerHello ? WireLimits.Study : WireLimits.Session;

    private static object Read(MessageType type, (object? Key, object? Value)[] fields) =>
        Frames.Read(Frames.Make(type, Pack.Map(fields)), LimitsOf(type))!.Message;

    private static ProtocolError ErrorOf(MessageType type, (object? Key, object? Value)[] fields) =>
        Frames.ErrorOf(Frames.Make(type, Pack.Map(fields)), LimitsOf(type));
}
