using System.Runtime.InteropServices;
using System.Text.Json;
using TorchSharp;
using TraversalLearning.Data;
using TraversalLearning.Data.Datasets;
using TraversalLearning.Data.Tables;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Nodes;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.Security;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Messages;

/// <summary>The frames that make_protocol_golden.py made from docs/reference/protocol.md: read alike, and written alike to the byte.</summary>
public sealed class ProtocolGoldenTests
{
    private static readonly JsonElement Root = Golden.Json("protocol.json");

    private static IEnumerable<string> Names => Root.GetProperty("vectors").EnumerateArray().Select(v => v.GetProperty("name").GetString()!);

    // LZ4 blocks of one content differ between encoders, so that frames with them can only be read.
    private static IEnumerable<string> RawNames =>
        Names.Where(name => DescriptorsOf(Vector(name)).All(d => d[3].GetInt32() == (int)TensorEncoding.Raw));

    [TestCaseSource(nameof(Names))]
    public void Reads_as_the_message_that_it_is(string name)
    {
        JsonElement vector = Vector(name);
        ReceivedFrame frame = Frames.Read(vector.Hex("frame"))!;
        SampleOf(vector).AssertEqual(frame);
        Assert.That(frame.Type.ToString(), Is.EqualTo(vector.GetProperty("message").GetString()));
        JsonElement[] tensors = [.. vector.GetProperty("tensors").EnumerateArray()];
        for (int i = 0; i < tensors.Length; i++)
        {
            JsonElement descriptor = tensors[i].GetProperty("descriptor");
            Assert.That((int)frame.Descriptors[i].Encoding, Is.EqualTo(descriptor[3].GetInt32()));
            Assert.That(frame.Descriptors[i].WireLength, Is.EqualTo(descriptor[4].GetInt64()));
            Assert.That(frame.Descriptors[i].Checksum, Is.EqualTo(descriptor[5].ValueKind == JsonValueKind.Null ? null : (uint?)descriptor[5].GetUInt32()));
        }
    }

    [TestCaseSource(nameof(RawNames))]
    public void Is_written_to_the_byte(string name)
    {
        JsonElement vector = Vector(name);
        JsonElement[] descriptors = DescriptorsOf(vector);
        bool checksums = descriptors.All(d => d[5].ValueKind != JsonValueKind.Null);
        byte[] written = SampleOf(vector).Encode(checksums ? FrameSample.Checked : FrameSample.Unchecked);
        Assert.That(Convert.ToHexStringLower(written), Is.EqualTo(vector.GetProperty("frame").GetString()));
    }

    private static JsonElement[] DescriptorsOf(JsonElement vector) =>
        [.. vector.GetProperty("tensors").EnumerateArray().Select(t => t.GetProperty("descriptor"))];

    [Test]
    public void There_is_a_frame_of_every_type()
    {
        IEnumerable<string?> messages = Root.GetProperty("vectors").EnumerateArray().Select(v => v.GetProperty("message").GetString());
        Assert.That(Enum.GetNames<TraversalLearning.Wire.MessageType>(), Is.SubsetOf(messages));
    }

    [TestCase("two_phase")]
    [TestCase("one_phase")]
    public void A_node_computes_what_the_frames_say(string exchange)
    {
        using TaskProcessor processor = Processor(exchange);
        ReceivedFrame pass = Frames.Read(Vector("forward pass").Hex("frame"))!;
        var request = (ForwardPass)pass.Message;
        JsonElement expected = Vector("forward result");
        pass.Tensors[1].CopyTo(processor.ParameterBytes);
        using (ForwardOutput output = processor.Forward(request, MemoryMarshal.Cast<byte, int>(pass.Tensors[0])))
        {
            Assert.That(output.Loss!.LossSum, Is.EqualTo(expected.GetProperty("fields").GetProperty("loss_sum").GetDouble()).Within(1e-6));
            Assert.That(output.Loss!.Hits, Is.EqualTo(expected.GetProperty("fields").GetProperty("hits").GetInt32()));
            AssertClose(output.Activations.Tensor, expected, 0);
            AssertClose(output.Loss!.LogitGradients.Tensor, expected, 1);
        }

        using torch.Tensor activationGradients = TensorOf("backward", 2, 2);
        using ParameterGradient gradient = processor.Backward(request.Step, processor.Setup.Exchange == Exchange.TwoPhase ? activationGradients : null);
        AssertClose(gradient.Tensor, Vector("backward result"), 0);
    }

    [Test]
    public void A_node_behind_a_relay_computes_what_the_frames_say()
    {
        using TaskProcessor processor = Processor("relay");
        ReceivedFrame pass = Frames.Read(Vector("forward pass of relay").Hex("frame"))!;
        var request = (ForwardPass)pass.Message;
        StepId step = request.Step;
        pass.Tensors[1].CopyTo(processor.ParameterBytes);
        using (ForwardOutput output = processor.Forward(request, MemoryMarshal.Cast<byte, int>(pass.Tensors[0])))
        {
            AssertClose(output.Activations.Tensor, Vector("activation result"), 0);
            Assert.That(output.Loss, Is.Null, "its logits are still to come");
        }

        JsonElement expected = Vector("loss result");
        using torch.Tensor logits = TensorOf("loss pass", 2, 3);
        using (LossOutput output = processor.Loss(step, logits))
        {
            Assert.That(output.LossSum, Is.EqualTo(expected.GetProperty("fields").GetProperty("loss_sum").GetDouble()).Within(1e-6));
            Assert.That(output.Hits, Is.EqualTo(expected.GetProperty("fields").GetProperty("hits").GetInt32()));
            AssertClose(output.LogitGradients.Tensor, expected, 0);
        }

        using torch.Tensor activationGradients = TensorOf("backward", 2, 2);
        using ParameterGradient gradient = processor.Backward(step, activationGradients);
        AssertClose(gradient.Tensor, Vector("backward result"), 0);
    }

    [Test]
    public void A_table_is_described_and_prepared_as_the_frames_say()
    {
        using var folder = new TempFolder();
        folder.Write("schema.json", """{"label":"state","categorical":["smoker"]}"""u8.ToArray());
        folder.Write("train.csv", "age,smoker,state\n40,no,well\n60,yes,ill\n,no,well\n50,NA,well\n"u8.ToArray());
        SampleSet table = DatasetLocator.InDirectory(folder.Path).ReadTrain();
        var statistics = TableStatistics.Parse(Vector("statistics").GetProperty("fields").GetProperty("table").GetString()!);
        Assert.That(TableStatistics.Of(table).ToJson(), Is.EqualTo(statistics.ToJson()));
        var welcome = (Welcome)Frames.Read(Vector("welcome for tables").Hex("frame"), TraversalLearning.Wire.WireLimits.Admission)!.Message;
        Assert.That(Preparation.Of(statistics).ToJson(), Is.EqualTo(TrainingSetup.From(welcome).Preparation!.ToJson()));
        double third = Math.Sqrt(1.5);
        Assert.That(
            MemoryMarshal.Cast<byte, double>(PreparedSamples.Of(table, TrainingSetup.From(welcome).Preparation).Values).ToArray(),
            Is.EqualTo((double[])[-third, 1, 0, 0, third, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1]).Within(1e-15));
    }

    [Test]
    public void A_welcome_with_a_loss_is_taken_as_it_says()
    {
        var welcome = (Welcome)Frames.Read(Vector("welcome with a loss").Hex("frame"), TraversalLearning.Wire.WireLimits.Admission)!.Message;
        Assert.That(TrainingSetup.From(welcome).Loss, Is.EqualTo(new CrossEntropyLoss([1, 2, 0.5], 0.1)).UsingPropertiesComparer());
        Assert.That(() => TrainingSetup.From(welcome with { Loss = """{"type":"hinge"}""" }), Throws.TypeOf<ModelException>());
        Assert.That(
            () => TrainingSetup.From(welcome with { Loss = """{"type":"cross_entropy","class_weights":[1]}""" }),
            Throws.TypeOf<ModelException>().With.Message.Contains("1 class weights for 3 classes"));
    }

    [Test]
    public void A_node_trains_as_the_page_says()
    {
        using TaskProcessor processor = Processor("one_phase");
        Vector("local training").GetProperty("tensors")[0].Hex("raw").CopyTo(processor.ParameterBytes);
        using LocalOutput output = processor.Train(Local(Vector("local training").GetProperty("fields")), buffers: null, CancellationToken.None);
        JsonElement expected = Vector("local result");
        AssertClose(output.Parameters.Tensor, expected, 0);
        Assert.That(output.Outcome.LossSum, Is.EqualTo(Number(expected.GetProperty("fields"), "loss_sum")).Within(1e-6));
        Assert.That(output.Outcome.Hits, Is.EqualTo(Int(expected.GetProperty("fields"), "hits")));
    }

    [Test]
    public void A_node_takes_a_turn_as_the_page_says()
    {
        using TaskProcessor processor = Processor("relay");
        using HostTensor parameters = HostTensor.Zeros([10], torch.ScalarType.Float32);
        Vector("turn start").GetProperty("tensors")[0].Hex("raw").CopyTo(parameters.Memory);
        JsonElement fields = Vector("turn start").GetProperty("fields");
        using SplitTurn turn = processor.NewTurn(new TurnStart(Step(fields), Text(fields, "seed"), Optimizer(fields)), parameters, buffers: null);
        StepId batch = Step(Vector("turn forward").GetProperty("fields"));
        using (HostTensor activations = turn.Forward(batch, [2, 0])!)
        {
            AssertClose(activations.Tensor, Vector("turn activation result"), 0);
        }

        using (torch.Tensor logits = TensorOf("turn loss pass", 2, 3))
        using (LossOutput output = turn.Loss(logits))
        {
            AssertClose(output.LogitGradients.Tensor, Vector("turn loss result"), 0);
        }

        using torch.Tensor activationGradients = TensorOf("turn backward", 2, 2);
        turn.Step(activationGradients);
        Assert.That(turn.End(Step(Vector("turn end").GetProperty("fields"))), Is.True);
        using torch.Tensor after = torch.tensor(MemoryMarshal.Cast<byte, float>(turn.ValueBytes.Span).ToArray());
        AssertClose(after, Vector("turn result"), 0);
    }

    [Test]
    public void A_node_validates_as_the_page_says()
    {
        using TaskProcessor processor = Processor("two_phase");
        ReceivedFrame pass = Frames.Read(Vector("validation pass").Hex("frame"))!;
        pass.Tensors[1].CopyTo(processor.ParameterBytes);
        RowValidation result = processor.Validate((ValidationPass)pass.Message, MemoryMarshal.Cast<byte, int>(pass.Tensors[0]), CancellationToken.None);
        JsonElement expected = Vector("validation result").GetProperty("fields");
        Assert.That(result.LossSum, Is.EqualTo(expected.GetProperty("loss_sum").GetDouble()).Within(1e-6));
        Assert.That(result.Hits, Is.EqualTo(expected.GetProperty("hits").GetInt32()));
    }

    [TestCase("", "")]
    [TestCase("certificate_sha256", "_with_tls")]
    public void Both_sides_prove_the_token_as_the_page_says(string channel, string suffix)
    {
        JsonElement example = Root.GetProperty("token");
        var token = new Token(example.Hex("token"));
        var transcript = new TokenTranscript(
            example.GetProperty("node_id").GetInt32(),
            Text(example, "session"),
            Text(example, "node_nonce"),
            Text(example, "orchestrator_nonce"),
            channel.Length > 0 ? example.Hex(channel) : new byte[32]);
        Assert.That(token.Prove(Party.Node, transcript), Is.EqualTo(Text(example, "node_proof" + suffix)));
        Assert.That(token.Prove(Party.Orchestrator, transcript), Is.EqualTo(Text(example, "orchestrator_proof" + suffix)));
        if (suffix.Length == 0)
        {
            Assert.That(Vector("proof").GetProperty("fields").GetProperty("proof").GetString(), Is.EqualTo(Text(example, "node_proof")));
            Assert.That(Vector("welcome with a token").GetProperty("fields").GetProperty("proof").GetString(), Is.EqualTo(Text(example, "orchestrator_proof")));
        }
    }

    [Test]
    public void A_nodes_fingerprint_is_that_of_its_Hello() =>
        Assert.That(Images().Fingerprint(), Is.EqualTo(Vector("hello").GetProperty("fields").GetProperty("fingerprint").GetString()));

    private static torch.Tensor TensorOf(string vector, params long[] shape)
    {
        using torch.Tensor flat = torch.tensor(MemoryMarshal.Cast<byte, float>(Vector(vector).GetProperty("tensors")[0].Hex("raw")).ToArray());
        return flat.reshape(shape);
    }

    private static TaskProcessor Processor(string exchange)
    {
        Welcome welcome = (Welcome)Frames.Read(Vector("welcome").Hex("frame"), TraversalLearning.Wire.WireLimits.Admission)!.Message with { Exchange = exchange };
        return new TaskProcessor(TrainingSetup.From(welcome), Images(), torch.CPU);
    }

    private static SampleSet Images()
    {
        JsonElement example = Root.GetProperty("example");
        byte[] pixels = [.. example.GetProperty("pixels").EnumerateArray().SelectMany(r => r.EnumerateArray()).Select(p => p.GetByte())];
        byte[] labels = [.. example.GetProperty("labels").EnumerateArray().Select(l => l.GetByte())];
        return SampleSet.GreyImages(pixels, labels, example.GetProperty("rows").GetInt32(), example.GetProperty("columns").GetInt32());
    }

    private static void AssertClose(torch.Tensor actual, JsonElement vector, int index)
    {
        JsonElement tensor = vector.GetProperty("tensors")[index];
        Assert.That(actual.shape, Is.EqualTo(Shape(tensor.GetProperty("descriptor")[2])));
        Assert.That(
            actual.data<float>().ToArray(),
            Is.EqualTo(MemoryMarshal.Cast<byte, float>(tensor.Hex("raw")).ToArray()).Within(1e-6f));
    }

    [Test]
    public void Terms_are_taken_as_the_page_says()
    {
        var terms = BlindTerms.Parse(Text(Vector("blind start").GetProperty("fields"), "terms"));
        Assert.That(terms.Optimizer, Is.EqualTo(new OptimizerSettings(OptimizerKind.Sgd, LearningRate: 0.5) { Schedule = new(ScheduleKind.Constant) }).UsingPropertiesComparer());
        Assert.That(BlindTerms.Parse(terms.ToJson()), Is.EqualTo(terms).UsingPropertiesComparer());
        using var written = JsonDocument.Parse(terms.ToJson());
        using var given = JsonDocument.Parse(Text(Vector("blind start").GetProperty("fields"), "terms"));
        Assert.That(JsonElement.DeepEquals(written.RootElement, given.RootElement), Is.True, terms.ToJson());
    }

    private static JsonElement Vector(string name) =>
        Root.GetProperty("vectors").EnumerateArray().Single(v => string.Equals(v.GetProperty("name").GetString(), name, StringComparison.Ordinal));

    private static FrameSample SampleOf(JsonElement vector)
    {
        JsonElement f = vector.GetProperty("fields");
        ulong id = vector.GetProperty("request_id").GetUInt64();
        TensorSample[] tensors = [.. vector.GetProperty("tensors").EnumerateArray().Select(TensorOf)];
        return vector.GetProperty("message").GetString() switch
        {
            "Hello" => FrameSample.Of(
                new Hello(
                    Int(f, "node_id"), Int(f, "sample_count"), Shape(f.GetProperty("sample_shape")), Text(f, "sample_type"), Int(f, "class_count"), Text(f, "fingerprint"), Text(f, "capabilities"), Text(f, "software"), OptionalText(f, "nonce"))
                {
                    Range = f.TryGetProperty("least", out JsonElement least) ? (least.GetDouble(), f.GetProperty("largest").GetDouble()) : null,
                    Dealt = OptionalText(f, "dealing") is { } how ? (how, Int(f, "dealt_samples")) : null,
                },
                id),
            "Welcome" => FrameSample.Of(
                new Welcome(
                    Text(f, "session"), Text(f, "model"), Int(f, "cut"), Text(f, "dtype"), Text(f, "exchange"), f.GetProperty("mean").GetDouble(), f.GetProperty("std").GetDouble(), TimeSpan.FromMilliseconds(Int(f, "heartbeat_interval_ms")), TimeSpan.FromMilliseconds(Int(f, "heartbeat_timeout_ms")), OptionalText(f, "proof"), OptionalText(f, "preparation"))
                {
                    Loss = OptionalText(f, "loss"),
                    Augmentation = OptionalText(f, "augmentation"),
                    Run = OptionalText(f, "run"),
                },
                id),
            "Prepare" => FrameSample.Of(
                new Prepare(
                    Text(f, "session"), TimeSpan.FromMilliseconds(Int(f, "heartbeat_interval_ms")), TimeSpan.FromMilliseconds(Int(f, "heartbeat_timeout_ms")), OptionalText(f, "proof")),
                id),
            "StatisticsQuery" => FrameSample.Of(new StatisticsQuery(), id),
            "Statistics" => FrameSample.Of(new Statistics(Text(f, "table")), id),
            "Reject" => FrameSample.Of(new Reject(Text(f, "code"), Text(f, "text"), Int(f, "final") == 1), id),
            "Challenge" => FrameSample.Of(new Challenge(Text(f, "session"), Text(f, "nonce")), id),
            "Proof" => FrameSample.Of(new Proof(Text(f, "proof")), id),
            "Heartbeat" => FrameSample.Of(Heartbeat.Instance, id),
            "Shutdown" => FrameSample.Of(new Shutdown(Text(f, "reason")), id),
            "Leave" => FrameSample.Of(new Leave(Text(f, "reason"), OptionalText(f, "code")), id),
            "Decline" => FrameSample.Of(new Decline(Int(f, "node_id"), Text(f, "code"), Text(f, "reason")), id),
            "IndexRangeQuery" => FrameSample.Of(new IndexRangeQuery(), id),
            "IndexRange" => FrameSample.Of(new IndexRange(Int(f, "count"), OptionalText(f, "metadata")), id),
            "ForwardPass" => FrameSample.Of(new ForwardPass(Step(f), Int(f, "batch_rows")), id, tensors),
            "ForwardResult" => FrameSample.Of(new ForwardResult(Step(f), f.GetProperty("loss_sum").GetDouble(), Int(f, "hits"), Int(f, "compute_us")), id, tensors),
            "ActivationResult" => FrameSample.Of(new ActivationResult(Step(f), Int(f, "compute_us")), id, tensors),
            "LossPass" => FrameSample.Of(new LossPass(Step(f)), id, tensors),
            "LossResult" => FrameSample.Of(new LossResult(Step(f), f.GetProperty("loss_sum").GetDouble(), Int(f, "hits"), Int(f, "compute_us")), id, tensors),
            "Backward" => FrameSample.Of(new Backward(Step(f)), id, tensors),
            "BackwardResult" => FrameSample.Of(new BackwardResult(Step(f), Int(f, "compute_us")), id, tensors),
            "LocalTraining" => FrameSample.Of(Local(f), id, tensors),
            "LocalResult" => FrameSample.Of(new LocalResult(Step(f), Number(f, "loss_sum"), Int(f, "hits"), Int(f, "compute_us")), id, tensors),
            "GossipRound" => FrameSample.Of(
                new GossipRound(
                    Local(f), Int(f, "model_epoch"), Int(f, "model_batch"), Shape(f.GetProperty("neighbors")), Number(f, "own_weight"), [.. f.GetProperty("weights").EnumerateArray().Select(w => w.GetDouble())]),
                id,
                tensors),
            "GossipResult" => FrameSample.Of(
                new GossipResult(new LocalResult(Step(f), Number(f, "loss_sum"), Int(f, "hits"), Int(f, "compute_us")), Shape(f.GetProperty("to"))), id, tensors),
            "TurnStart" => FrameSample.Of(new TurnStart(Step(f), Text(f, "seed"), Optimizer(f)), id, tensors),
            "TurnAck" => FrameSample.Of(new TurnAck(Step(f), Int(f, "compute_us")), id),
            "TurnForward" => FrameSample.Of(new TurnForward(Step(f)), id, tensors),
            "TurnBackward" => FrameSample.Of(new TurnBackward(Step(f)), id, tensors),
            "TurnEnd" => FrameSample.Of(new TurnEnd(Step(f)), id),
            "TurnResult" => FrameSample.Of(new TurnResult(Step(f), Int(f, "compute_us")), id, tensors),
            "ValidationPass" => FrameSample.Of(new ValidationPass(Step(f), Int(f, "batch_rows")), id, tensors),
            "ValidationResult" => FrameSample.Of(new ValidationResult(Step(f), f.GetProperty("loss_sum").GetDouble(), Int(f, "hits"), Int(f, "compute_us")), id),
            "WorkerHello" => FrameSample.Of(new WorkerHello(Text(f, "name"), Text(f, "software"), Int(f, "shares_folder") == 1, OptionalText(f, "nonce")), id),
            "WorkerWelcome" => FrameSample.Of(
                new WorkerWelcome(
                    Text(f, "session"), Text(f, "study"), TimeSpan.FromMilliseconds(Int(f, "heartbeat_interval_ms")), TimeSpan.FromMilliseconds(Int(f, "heartbeat_timeout_ms")), OptionalText(f, "proof")),
                id),
            "RunQuery" => FrameSample.Of(new RunQuery(), id),
            "RunOffer" => FrameSample.Of(
                new RunOffer(Run(f), Texts(f, "arguments"), Text(f, "hosting"), Text(f, "configuration"), Int(f, "checkpoint_step"), Texts(f, "files")), id),
            "NoRun" => FrameSample.Of(new NoRun(TimeSpan.FromMilliseconds(Int(f, "wait_ms"))), id),
            "RunProgress" => FrameSample.Of(new RunProgress(Run(f), Int(f, "epoch"), Number(f, "accuracy"), Number(f, "loss"), Int(f, "lost_nodes")), id),
            "RunVerdict" => FrameSample.Of(new RunVerdict(Text(f, "verdict")), id),
            "RunFile" => FrameSample.Of(
                new RunFile(Run(f), Text(f, "name"), Int(f, "offset"), Int(f, "size"), Convert.FromHexString(Text(f, "data"))), id),
            "RunFileQuery" => FrameSample.Of(new RunFileQuery(Run(f), Text(f, "name"), Int(f, "offset")), id),
            "ApplicantHello" => FrameSample.Of(new ApplicantHello(Text(f, "wants"), Text(f, "id"), Text(f, "nonce"))),
            "AuthorityIdentity" => FrameSample.Of(new AuthorityIdentity(Convert.FromHexString(Text(f, "certificate")), Text(f, "nonce"))),
            "SigningQuery" => FrameSample.Of(new SigningQuery(Convert.FromHexString(Text(f, "request")), Convert.FromHexString(Text(f, "proof")))),
            "SigningPending" => FrameSample.Of(new SigningPending()),
            "SigningGrant" => FrameSample.Of(new SigningGrant(
                Convert.FromHexString(Text(f, "certificate")), Convert.FromHexString(Text(f, "revoked")), Text(f, "host"), Int(f, "port"), Convert.FromHexString(Text(f, "token")))),
            "RevokedCertificates" => FrameSample.Of(new RevokedCertificates(Convert.FromHexString(Text(f, "list")))),
            "RunFilesSent" => FrameSample.Of(new RunFilesSent(Run(f), Text(f, "folder")), id),
            "RunEnded" => FrameSample.Of(new RunEnded(Run(f), Text(f, "outcome"), Text(f, "reason")), id),
            "BlindStart" => FrameSample.Of(new BlindStart(Text(f, "terms")), id, tensors),
            "BlindReady" => FrameSample.Of(new BlindReady(Step(f), Int(f, "test_rows"), Text(f, "key_epoch"), Text(f, "group_key")), id),
            "KeyQuery" => FrameSample.Of(new KeyQuery(), id),
            "KeyOffered" => FrameSample.Of(new KeyOffered(Text(f, "group_key")), id, tensors),
            "KeyRound" => FrameSample.Of(new KeyRound(Int(f, "maker")), id, tensors),
            "KeyAgreed" => FrameSample.Of(new KeyAgreed(Text(f, "key_epoch"), Text(f, "group_key"), Text(f, "consent")), id, tensors),
            "BlindStep" => FrameSample.Of(
                new BlindStep(Step(f), Shape(f.GetProperty("participants")), Ints(f, "headroom"), Applied(f), Int(f, "agree") == 1), id, tensors),
            "BlindSum" => FrameSample.Of(new BlindSum(Step(f), Text(f, "agreement"), Int(f, "compute_us")), id, tensors),
            "BlindApply" => FrameSample.Of(new BlindApply(Applied(f)), id, tensors),
            "BlindApplied" => FrameSample.Of(new BlindApplied(Text(f, "agreement")), id),
            "BlindEvaluation" => FrameSample.Of(new BlindEvaluation(Step(f), Shape(f.GetProperty("participants")), Int(f, "batch_rows")), id),
            "BlindScores" => FrameSample.Of(new BlindScores(Step(f), Int(f, "compute_us")), id, tensors),
            "SealQuery" => FrameSample.Of(new SealQuery(Step(f)), id),
            "SealedState" => FrameSample.Of(new SealedState(Step(f)), id, tensors),
            "Unseal" => FrameSample.Of(new Unseal(Step(f)), id, tensors),
            "BlindFinish" => FrameSample.Of(new BlindFinish(Step(f)), id, tensors),
            "BlindFinished" => FrameSample.Of(new BlindFinished(Step(f)), id, tensors),
            "TaskFailed" => FrameSample.Of(new TaskFailed(Text(f, "code"), Text(f, "text")) { Unfit = f.TryGetProperty("unfit", out _) ? Ints(f, "unfit") : [] }, id),
            var other => throw new InvalidDataException($"no message is called {other}"),
        };
    }

    private static LocalTraining Local(JsonElement f) => new(
        Step(f),
        Int(f, "epochs"),
        Int(f, "batch_size"),
        Text(f, "seed"),
        Optimizer(f),
        Number(f, "proximal_mu"));

    private static LocalOptimizer Optimizer(JsonElement f) => new(
        Text(f, "optimizer"), Number(f, "lr"), Number(f, "momentum"), Int(f, "nesterov") == 1, Number(f, "weight_decay"), Number(f, "clip_grad_norm"));

    private static TensorSample TensorOf(JsonElement tensor)
    {
        JsonElement descriptor = tensor.GetProperty("descriptor");
        return new TensorSample(
            descriptor[0].GetString()!, (ElementType)descriptor[1].GetByte(), Shape(descriptor[2]), tensor.Hex("raw"));
    }

    private static RunId Run(JsonElement fields) => new(Text(fields, "run"), Int(fields, "attempt"));

    private static string[] Texts(JsonElement fields, string name) => [.. fields.GetProperty(name).EnumerateArray().Select(t => t.GetString()!)];

    private static StepId Step(JsonElement fields, string prefix = "") =>
        new(Int(fields, prefix + "epoch"), Int(fields, prefix + "batch"), Int(fields, prefix + "attempt"));

    private static AppliedSum Applied(JsonElement fields) => new(Step(fields, "applied_"), Ints(fields, "applied_headroom"), Step(fields, "after_"));

    private static double Number(JsonElement fields, string name) => fields.GetProperty(name).GetDouble();

    private static int[] Ints(JsonElement fields, string name) => [.. fields.GetProperty(name).EnumerateArray().Select(n => n.GetInt32())];

    private static int Int(JsonElement fields, string name) => fields.GetProperty(name).GetInt32();

    private static string Text(JsonElement fields, string name) => fields.GetProperty(name).GetString()!;

    private static string? OptionalText(JsonElement fields, string name) => fields.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    private static long[] Shape(JsonElement shape) => [.. shape.EnumerateArray().Select(d => d.GetInt64())];
}
