using System.Runtime.InteropServices;
using TraversalLearning.Data;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Security;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>
/// A hostile orchestrator breaks each rule of a node's policy: before the run, or in the middle of a run that was said to be
/// something else. The node leaves, says which rule, and has computed nothing.
/// </summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class PolicyTests
{
    private const int Samples = 20;
    private static readonly ModelDescription Model = ClusterOptions.SmallMlp;

    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(60));
    private readonly CapturedLog _log = new();
    private readonly ManualTimeProvider _clock = new();
    private readonly TempFolder _folder = new();
    private PolicySource _policy = PolicySource.Default;
    private NodeAgent? _agent;
    private CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    [TearDown]
    public async Task CleanAsync()
    {
        await StopNodeAsync();
        _deadline.Dispose();
        _log.Dispose();
        _folder.Dispose();
    }

    private static IEnumerable<TestCaseData> Runs()
    {
        yield return Run(PolicyKeys.Algorithms, p => p with { Algorithms = ["fedavg"] });
        yield return Run(PolicyKeys.Exchanges, p => p with { Exchanges = ["blind", "relay"] });
        yield return Run(PolicyKeys.RevealModel, p => p, s => s with { Exchange = Exchange.Blind, Terms = Terms with { RevealModel = true } });
        yield return Run(PolicyKeys.MinBatch, p => p with { MinBatch = 9 });
        yield return Run(PolicyKeys.MinNodes, p => p with { MinNodes = 4 });
        yield return Run(PolicyKeys.MinCut, p => p with { MinCut = 2 });
        yield return Run(PolicyKeys.MaxRowsAlone, p => p with { MaxRowsAlone = 0 });
        yield return Run(PolicyKeys.MaxParameters, p => p with { MaxParameters = Model.ParameterCount - 1 });
        yield return Run(PolicyKeys.MaxModelGb, p => p with { MaxModelBytes = 10_000 });
        yield return Run(PolicyKeys.MaxEpochs, p => p with { MaxEpochs = 1 });
        yield return Run(PolicyKeys.MaxEpochs, p => p with { MaxEpochs = 3 }, _ => Federated);
        yield return Run(PolicyKeys.MaxRounds, p => p with { MaxRounds = 1 }, _ => Federated);
        yield return Run(PolicyKeys.MaxVisits, p => p with { MaxVisits = 1 });
        yield return Run(PolicyKeys.MaxRunsPerDay, p => p with { MaxRunsPerDay = 0 });
        yield return Run(PolicyKeys.Algorithms, p => p with { Algorithms = ["tl"] }, s => s with { Terms = null });
        yield return Run(PolicyKeys.MaxEpochs, p => p with { MaxEpochs = 100 }, s => s with { Terms = null });
    }

    [TestCaseSource(nameof(Runs))]
    public async Task A_run_that_a_rule_does_not_allow_is_refused_before_anything_is_computed(string rule, Func<NodePolicy, NodePolicy> limit, Func<TrainingSetup, TrainingSetup>? change)
    {
        TrainingSetup setup = change?.Invoke(Setup) ?? Setup;
        await using var hostile = new HostileOrchestrator();
        Task running = StartNode(hostile, limit(NodePolicy.Default));
        await hostile.AdmitAsync(setup, _deadline.Token);
        await AssertLeavesAsync(await hostile.Received.Reader.ReadAsync(_deadline.Token), running, rule);
    }

    [TestCaseSource(nameof(Runs))]
    public async Task The_same_run_is_admitted_without_the_rule(string rule, Func<NodePolicy, NodePolicy> limit, Func<TrainingSetup, TrainingSetup>? change)
    {
        // Else the test above would pass on runs that are refused for another reason.
        await using var hostile = new HostileOrchestrator();
        _ = StartNode(hostile, NodePolicy.Permissive);
        await hostile.AdmitAsync(change?.Invoke(Setup) ?? Setup, _deadline.Token);
        Assert.That((await hostile.AskAsync(new IndexRangeQuery(), _deadline.Token)).Type, Is.EqualTo(MessageType.IndexRange), rule);
    }

    [TestCase(PolicyKeys.MaxEpochs, 9, 0, 6)]
    [TestCase(PolicyKeys.MaxRowsAlone, 1, 1, 11)]
    [TestCase(PolicyKeys.MaxModelGb, 1, 1, 20)]
    public async Task A_visit_that_breaks_a_rule_in_the_middle_of_a_run(string rule, int epoch, int batch, int rows)
    {
        TrainingSetup setup = Setup;
        var memory = (long)(setup.NodeParameterCount * 3 * sizeof(float)) + (15L * setup.Model.ActivationsBefore(setup.NodeLayerCount) * 2 * sizeof(float));
        await using var hostile = new HostileOrchestrator();
        Task running = StartNode(hostile, NodePolicy.Permissive with { MaxEpochs = 8, MaxRowsAlone = rule == PolicyKeys.MaxRowsAlone ? 10 : null, MaxModelBytes = rule == PolicyKeys.MaxModelGb ? memory : null });
        await hostile.AdmitAsync(setup, _deadline.Token);
        Assert.That((await VisitAsync(hostile, 1, 0, 6)).Type, Is.EqualTo(MessageType.ForwardResult));
        int computed = Computed;
        await AssertLeavesAsync(await VisitAsync(hostile, epoch, batch, rows), running, rule);
        Assert.That(Computed, Is.EqualTo(computed), "nothing was computed");
    }

    [Test]
    public async Task A_sample_is_visited_so_often_and_no_more()
    {
        await using var hostile = new HostileOrchestrator();
        Task running = StartNode(hostile, NodePolicy.Permissive with { MaxVisits = 3 });
        await hostile.AdmitAsync(Setup, _deadline.Token);
        for (int attempt = 0; attempt < 3; attempt++)
        {
            Assert.That((await VisitAsync(hostile, 1, 0, 6, attempt)).Type, Is.EqualTo(MessageType.ForwardResult));
        }

        await AssertLeavesAsync(await VisitAsync(hostile, 1, 0, 6, 3), running, PolicyKeys.MaxVisits);
    }

    [Test]
    public async Task Visits_follow_from_the_epochs_where_nothing_is_said_of_them()
    {
        await using var hostile = new HostileOrchestrator();
        Task running = StartNode(hostile, NodePolicy.Permissive with { MaxEpochs = 2 });
        await hostile.AdmitAsync(Setup, _deadline.Token);
        for (int attempt = 0; attempt < 7; attempt++)
        {
            Assert.That((await VisitAsync(hostile, 1, 0, 6, attempt)).Type, Is.EqualTo(MessageType.ForwardResult), $"attempt {attempt}");
        }

        await AssertLeavesAsync(await VisitAsync(hostile, 1, 0, 6, 7), running, PolicyKeys.MaxVisits);
    }

    [Test]
    public async Task What_was_counted_outlasts_the_connection_and_the_process()
    {
        await using var hostile = new HostileOrchestrator();
        NodePolicy policy = NodePolicy.Permissive with { MaxVisits = 2 };
        _ = StartNode(hostile, policy);
        await hostile.AdmitAsync(Setup, _deadline.Token);
        await VisitAsync(hostile, 1, 0, 6);
        await hostile.AskAsync(new IndexRangeQuery(), _deadline.Token);
        await StopNodeAsync();
        _ = StartNode(hostile, policy);
        await hostile.AdmitAsync(Setup, _deadline.Token);
        Assert.That((await VisitAsync(hostile, 1, 0, 6)).Type, Is.EqualTo(MessageType.ForwardResult));
        await StopNodeAsync();
        Task running = StartNode(hostile, policy);
        await hostile.AdmitAsync(Setup, _deadline.Token);
        await AssertLeavesAsync(await VisitAsync(hostile, 1, 0, 6), running, PolicyKeys.MaxVisits);
    }

    [TestCase("consent", "")]
    [TestCase("consent/0123-node-1.json", "{\"bytes\":")]
    public async Task A_node_that_cannot_count_takes_no_part(string file, string content)
    {
        string path = Path.Combine(_folder["state"], file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, content);
        await using var hostile = new HostileOrchestrator();
        Task running = StartNode(hostile, NodePolicy.Permissive);
        await hostile.AdmitAsync(Setup, _deadline.Token);
        await AssertLeavesAsync(await hostile.Received.Reader.ReadAsync(_deadline.Token), running, PolicyKeys.StateFolder);
    }

    [Test]
    public async Task Another_name_for_the_run_is_another_run_of_the_day()
    {
        await using var hostile = new HostileOrchestrator();
        NodePolicy policy = NodePolicy.Permissive with { MaxRunsPerDay = 1 };
        _ = StartNode(hostile, policy);
        await hostile.AdmitAsync(Setup, _deadline.Token, "run-1");
        await VisitAsync(hostile, 1, 0, 6);
        await StopNodeAsync();
        Task running = StartNode(hostile, policy);
        await hostile.AdmitAsync(Setup, _deadline.Token, "run-2");
        await AssertLeavesAsync(await hostile.Received.Reader.ReadAsync(_deadline.Token), running, PolicyKeys.MaxRunsPerDay);
        _clock.Advance(TimeSpan.FromDays(1));
        _ = StartNode(hostile, policy);
        await hostile.AdmitAsync(Setup, _deadline.Token, "run-2");
        Assert.That((await VisitAsync(hostile, 1, 0, 6)).Type, Is.EqualTo(MessageType.ForwardResult));
    }

    [Test]
    public async Task So_many_bytes_leave_and_no_more()
    {
        await using var hostile = new HostileOrchestrator();
        Task running = StartNode(hostile, NodePolicy.Permissive with { MaxBytes = 3_000 });
        await hostile.AdmitAsync(Setup, _deadline.Token);
        IncomingMessage reply;
        int visits = 0;
        do
        {
            reply = await VisitAsync(hostile, 1, visits++, 6);
        }
        while (reply.Type == MessageType.ForwardResult && visits < 20);
        Assert.That(visits, Is.GreaterThan(1));
        await AssertLeavesAsync(reply, running, PolicyKeys.MaxGb);
    }

    [TestCase(PolicyKeys.Algorithms, MessageType.LocalTraining)]
    [TestCase(PolicyKeys.Algorithms, MessageType.GossipRound)]
    public async Task A_run_does_not_become_one_of_another_method(string rule, MessageType type)
    {
        await using var hostile = new HostileOrchestrator();
        Task running = StartNode(hostile, NodePolicy.Permissive with { Algorithms = ["tl"] });
        await hostile.AdmitAsync(Setup, _deadline.Token);
        await VisitAsync(hostile, 1, 0, 6);
        LocalTraining training = Local(1, 1, 8);
        IncomingMessage reply = type == MessageType.LocalTraining
            ? await hostile.AskAsync(training, _deadline.Token, Parameters())
            : await hostile.AskAsync(new GossipRound(training, 0, 0, [], 1, []), _deadline.Token, Parameters());
        await AssertLeavesAsync(reply, running, rule);
    }

    [TestCase(PolicyKeys.MaxRounds, 4, 1, 8)]
    [TestCase(PolicyKeys.MaxEpochs, 2, 7, 8)]
    [TestCase(PolicyKeys.MinBatch, 2, 1, 3)]
    [TestCase(PolicyKeys.MaxRowsAlone, 2, 1, 8)]
    public async Task A_round_that_breaks_a_rule_in_the_middle_of_a_run(string rule, int round, int epochs, int batchSize)
    {
        await using var hostile = new HostileOrchestrator();
        Task running = StartNode(hostile, NodePolicy.Permissive with { MaxRounds = 3, MaxEpochs = 6, MinBatch = 4 });
        await hostile.AdmitAsync(Federated, _deadline.Token);
        Assert.That((await hostile.AskAsync(Local(1, 2, 8), _deadline.Token, Parameters())).Type, Is.EqualTo(MessageType.LocalResult));
        if (rule == PolicyKeys.MaxRowsAlone)
        {
            _policy.Replace(_policy.Current with { MaxRowsAlone = Samples - 1 });
        }

        int computed = Computed;
        await AssertLeavesAsync(await hostile.AskAsync(Local(round, epochs, batchSize), _deadline.Token, Parameters()), running, rule);
        Assert.That(Computed, Is.EqualTo(computed), "nothing was computed");
    }

    [Test]
    public async Task The_model_of_a_blind_run_is_not_told_in_the_middle_of_it()
    {
        await using var hostile = new HostileOrchestrator();
        Task running = StartNode(hostile, NodePolicy.Default);
        await hostile.AdmitAsync(Setup with { Exchange = Exchange.Blind }, _deadline.Token);
        await hostile.AskAsync(new IndexRangeQuery(), _deadline.Token);
        IncomingMessage reply = await hostile.AskAsync(
            new BlindFinish(new StepId(1, 0, 0)), _deadline.Token, EncodedTensor.Encode(TensorNames.Blob, ElementType.UInt8, [96], new byte[96], TensorEncodingOptions.Raw));
        await AssertLeavesAsync(reply, running, PolicyKeys.RevealModel);
    }

    private static IEnumerable<TestCaseData> Reloads()
    {
        yield return Run(PolicyKeys.Orchestrators, p => p with { Orchestrators = ["hub.example"] });
        yield return Run(PolicyKeys.Hours, p => p with { Hours = new HoursOfDay(new TimeOnly(3, 0), new TimeOnly(4, 0)) });
        yield return Run(PolicyKeys.Algorithms, p => p with { Algorithms = ["fedavg"] });
        yield return Run(PolicyKeys.Exchanges, p => p with { Exchanges = ["blind"] });
        yield return Run(PolicyKeys.MinCut, p => p with { MinCut = 2 });
        yield return Run(PolicyKeys.MinNodes, p => p with { MinNodes = 4 });
        yield return Run(PolicyKeys.MinBatch, p => p with { MinBatch = 9 });
        yield return Run(PolicyKeys.MaxParameters, p => p with { MaxParameters = 10 });
        yield return Run(PolicyKeys.MaxModelGb, p => p with { MaxModelBytes = 10_000 });
        yield return Run(PolicyKeys.MaxRowsAlone, p => p with { MaxRowsAlone = 0 });
        yield return Run(PolicyKeys.MaxVisits, p => p with { MaxVisits = 1 });
        yield return Run(PolicyKeys.MaxEpochs, p => p with { MaxEpochs = 1 });
    }

    [TestCaseSource(nameof(Reloads))]
    public async Task A_new_policy_holds_from_the_next_message_on(string rule, Func<NodePolicy, NodePolicy> limit, Func<TrainingSetup, TrainingSetup>? change)
    {
        Assert.That(change, Is.Null);
        await using var hostile = new HostileOrchestrator();
        Task running = StartNode(hostile, NodePolicy.Permissive);
        await hostile.AdmitAsync(Setup, _deadline.Token);
        Assert.That((await VisitAsync(hostile, 1, 0, 6)).Type, Is.EqualTo(MessageType.ForwardResult));
        _policy.Replace(limit(NodePolicy.Permissive));
        int computed = Computed;
        await AssertLeavesAsync(await VisitAsync(hostile, 1, 1, 6), running, rule);
        Assert.That(Computed, Is.EqualTo(computed), "nothing was computed");
    }

    [Test]
    public async Task Hours_end_in_the_middle_of_a_run()
    {
        _clock.Advance(TimeSpan.FromHours(1));
        await using var hostile = new HostileOrchestrator();
        Task running = StartNode(hostile, NodePolicy.Permissive with { Hours = new HoursOfDay(new TimeOnly(22, 0), new TimeOnly(2, 0)) });
        await hostile.AdmitAsync(Setup, _deadline.Token);
        Assert.That((await VisitAsync(hostile, 1, 0, 6)).Type, Is.EqualTo(MessageType.ForwardResult));
        _clock.Advance(TimeSpan.FromHours(1));
        await AssertLeavesAsync(await VisitAsync(hostile, 1, 1, 6), running, PolicyKeys.Hours);
    }

    [TestCase("hub.example", "it is not that one")]
    [TestCase("localhost", null)]
    public async Task An_orchestrator_without_an_allowed_name_learns_nothing(string allowed, string? refused)
    {
        using var authority = new TestAuthority();
        await using var hostile = new HostileOrchestrator(authority.Server());
        Task running = StartNode(hostile, NodePolicy.Permissive with { Orchestrators = [allowed] }, o => o with { Host = "localhost", Security = new NodeSecurity(authority.Client(1), null) });
        if (refused is null)
        {
            await hostile.AdmitAsync(Setup, _deadline.Token);
            return;
        }

        IncomingMessage first = await hostile.AcceptAsync(_deadline.Token);
        Assert.That(first, Is.EqualTo(new IncomingMessage(MessageType.Decline, "policy.orchestrators", first.Text)));
        Assert.That(async () => await running.WaitAsync(_deadline.Token), Throws.TypeOf<PolicyException>());
    }

    [Test]
    public async Task The_orchestrators_last_line_names_the_rule()
    {
        await using var cluster = new TestCluster(new ClusterOptions { Policy = id => new PolicySource(NodePolicy.Permissive with { MaxParameters = id == 2 ? 10 : null }) });
        cluster.StartAllNodes();
        Assert.That(
            async () => await cluster.TrainAsync(), Throws.Exception.With.Message.Contains("node 2 is lost: it left: (policy.max_parameters) ").And.Message.Contains("and 10 are allowed"));
    }

    [Test]
    public async Task An_orchestrator_that_is_declined_gives_the_node_up()
    {
        await using var cluster = new TestCluster(new ClusterOptions { Policy = id => new PolicySource(NodePolicy.Permissive with { Orchestrators = id == 2 ? ["hub.example"] : null }) });
        cluster.StartAllNodes();
        Assert.That(
            async () => await cluster.TrainAsync(), Throws.Exception.With.Message.Contains("node 2 is lost: its policy does not allow this orchestrator (policy.orchestrators)"));
    }

    private static RunTerms Terms { get; } = new() { Algorithm = "tl", Nodes = 3, BatchSize = 8, Epochs = 2 };

    private static TrainingSetup Setup { get; } = new(Model, 1, ElementType.Float32, Exchange.TwoPhase, new Normalisation(0.5, 0.5)) { Terms = Terms };

    private static TrainingSetup Federated { get; } = Setup with { Terms = Terms with { Algorithm = "fedavg", LocalEpochs = 2 } };

    private int Computed => _log.Count(" took ");

    private static TestCaseData Run(string rule, Func<NodePolicy, NodePolicy> limit, Func<TrainingSetup, TrainingSetup>? change = null) =>
        new TestCaseData(rule, limit, change).SetArgDisplayNames(change is null ? rule : $"{rule} ({change.Method.Name[^3..]})");

    private static LocalTraining Local(int round, int epochs, int batchSize) =>
        new(new StepId(round, 0, 0), epochs, batchSize, "00000000000003e8", new LocalOptimizer("sgd", 0.1, 0, false, 0, 0), 0);

    private static EncodedTensor Parameters() =>
        EncodedTensor.Encode(TensorNames.Parameters, ElementType.Float32, [Model.ParameterCount], new byte[Model.ParameterCount * sizeof(float)], TensorEncodingOptions.Raw);

    private async Task<IncomingMessage> VisitAsync(HostileOrchestrator hostile, int epoch, int batch, int rows, int attempt = 0)
    {
        byte[] indices = MemoryMarshal.AsBytes(Enumerable.Range(0, rows).ToArray().AsSpan()).ToArray();
        return await hostile.AskAsync(
            new ForwardPass(new StepId(epoch, batch, attempt), 8), _deadline.Token,
            EncodedTensor.Encode(TensorNames.Indices, ElementType.Int32, [rows], indices, TensorEncodingOptions.Raw), Parameters());
    }

    private Task StartNode(HostileOrchestrator hostile, NodePolicy policy, Func<NodeOptions, NodeOptions>? change = null)
    {
        _policy = new PolicySource(policy);
        var options = new NodeOptions(1, "127.0.0.1", hostile.Endpoint.Port, CPU, TensorEncodingOptions.Raw) { Policy = _policy, Clock = _clock, StateFolder = _folder["state"] };
        SampleSet samples = Synthetic.Images(Samples);
        _agent = new NodeAgent(change?.Invoke(options) ?? options, samples, Model.ClassCount, _log.Logger("node"));
        _stopping = new CancellationTokenSource();
        return _running = Task.Run(() => _agent.RunAsync(_stopping.Token));
    }

    private async Task StopNodeAsync()
    {
        await _stopping.CancelAsync();
        await _running.ContinueWith(_ => { }, TaskScheduler.Default);
        _agent?.Dispose();
        _agent = null;
    }

    private async Task AssertLeavesAsync(IncomingMessage message, Task running, string rule)
    {
        Assert.That(message, Is.EqualTo(new IncomingMessage(MessageType.Leave, $"policy.{rule}", message.Text)));
        Assert.That(async () => await running.WaitAsync(_deadline.Token), Throws.TypeOf<PolicyException>().With.Property("Rule").EqualTo(rule));
    }
}
