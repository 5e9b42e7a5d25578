using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Security;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Transport;
using TraversalLearning.Wire;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>A node that goes on between runs, and takes those of several orchestrators.</summary>
internal sealed class StayingNodeTests
{
    private static readonly ClusterOptions OneNode = new() { Shards = [24], DebugLog = false };
    private static readonly IPEndPoint Nowhere = new(IPAddress.Loopback, 1);

    private readonly CapturedLog _log = new();
    private readonly CancellationTokenSource _stopping = new(TimeSpan.FromMinutes(2));

    [OneTimeTearDown]
    public void Clean()
    {
        _log.Dispose();
        _stopping.Dispose();
    }

    [Test]
    public async Task Runs_of_two_orchestrators_are_taken_one_after_the_other()
    {
        string expected = (await TestCluster.RunAsync(OneNode)).Hash;
        await using var first = new TestCluster(OneNode);
        await using var second = new TestCluster(OneNode);
        await using Staying staying = Start(HubAt("first", () => first.Endpoint), HubAt("second", () => second.Endpoint));
        Task<ClusterResult>[] runs = [first.TrainAsync(), second.TrainAsync()];
        Assert.That((await Task.WhenAll(runs)).Select(r => r.Hash), Is.All.EqualTo(expected));
        await staying.UntilAsync(s => s.All(h => h.Runs == 1));
        Assert.That(staying.Node.Status.Select(h => h.BytesSent), Is.All.GreaterThan(0));
        Assert.That(staying.Node.Status.Select(h => (h.Phase, h.Session, h.Step)), Is.All.EqualTo((HubPhase.Waiting, (string?)null, (StepId?)null)));
    }

    [Test]
    public async Task The_status_names_session_and_step_during_a_run()
    {
        await using var cluster = new TestCluster(OneNode);
        await using Staying staying = Start(HubAt("hub", () => cluster.Endpoint));
        HubStatus? during = null;
        await cluster.TrainAsync(beforeStep: (step, _) =>
        {
            during = step == 2 ? staying.Node.Status[0] : during;
            return Task.CompletedTask;
        });
        Assert.That((during!.Phase, during.Step), Is.EqualTo((HubPhase.Running, new StepId(1, 1, 0))));
        Assert.That(during.Session, Is.Not.Null.And.Not.Empty);
        Assert.That(staying.Node.IsAlive, Is.True);
    }

    /// <summary>Each ends with a forward pass whose graph waits for its gradients. The orchestrator has no tensors of its own.</summary>
    [Test]
    public async Task Thirty_runs_leave_nothing_behind()
    {
        TrainingSetup setup = OneNode.NewContext().Setup;
        FrameSample forward = FrameSample.Of(
            new ForwardPass(new StepId(1, 0, 0), 8), 1, TensorSample.Ints(TensorNames.Indices, 0, 1, 2), TensorSample.Floats(TensorNames.Parameters, setup.NodeParameterCount));
        int session = 0;
        int allowed = 0;
        await using var orchestrator = new ImpostorOrchestrator(async (connection, _, token) =>
        {
            await Waiting.Until(() => Volatile.Read(ref allowed) > session || token.IsCancellationRequested);
            await connection.SendAsync(setup.ToWelcome($"session {++session}", TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)), token);
            await forward.Send(connection, [.. forward.Tensors.Select(t => EncodedTensor.Encode(t.Name, t.Type, t.Shape, t.Raw, FrameSample.Checked))], token);
            var handler = new RecordingHandler { Work = async (_, _) => await connection.SendAsync(new Shutdown("done"), token) };
            await connection.RunAsync(handler, new ConnectionOptions(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), FrameSample.Checked));
            Assert.That(handler.Count, Is.EqualTo(1));
        });
        await using Staying staying = Start(NullLogger.Instance, HubAt("hub", () => orchestrator.Endpoint));
        (long Tensors, long Bytes) before = await RunAsync(30);
        (long Tensors, long Bytes) after = await RunAsync(60);
        Assert.That(after.Tensors - before.Tensors, Is.LessThanOrEqualTo(30 * CountedForEver(setup)));
        Assert.That(after.Bytes - before.Bytes, Is.LessThan(100_000), "managed memory");

        async Task<(long Tensors, long Bytes)> RunAsync(int upTo)
        {
            Volatile.Write(ref allowed, upTo);
            await staying.UntilAsync(s => s[0] is { Phase: HubPhase.Waiting, Runs: var runs } && runs == upTo);
            return (TensorCount.Settled(), GC.GetTotalMemory(forceFullCollection: true));
        }
    }

    /// <summary>TorchSharp never takes from its count the tensors of which it makes parameters.</summary>
    private static long CountedForEver(TrainingSetup setup)
    {
        long before = TensorCount.Settled();
        new LayeredModel(setup.Model, setup.Cut, setup.NodeLayerCount).Dispose();
        return TensorCount.Settled() - before;
    }

    [Test]
    public async Task A_hub_that_refuses_the_node_is_said_once_and_others_are_served()
    {
        await using var refusing = new TestCluster(OneNode);
        await using var good = new TestCluster(OneNode);
        Hub refused = HubAt("refusing", () => refusing.Endpoint) with { NodeId = 7 };
        refused = refused with { Configure = o => HubAt("refusing", () => refusing.Endpoint).Configure(o) with { NodeId = 7 } };
        await using Staying staying = Start(refused, HubAt("good", () => good.Endpoint));
        await good.TrainAsync();
        await staying.UntilAsync(s => s[1].Runs == 1 && s[0].Phase == HubPhase.Refused);
        Assert.That(staying.Node.Status[0].Reason, Does.Contain("node id 7 is not from 1 to 1"));
        Assert.That(_log.Lines.Count(l => l.Contains("[2063] refusing: ")), Is.EqualTo(1));
    }

    [Test]
    public async Task A_hub_that_admits_the_node_and_does_not_fit_its_data_is_refused()
    {
        await using var cluster = new TestCluster(OneNode);
        await using var impostor = new ImpostorOrchestrator((connection, _, token) => connection.SendAsync(
            (OneNode with { Model = ClusterOptions.SmallCnn }).NewContext().Setup.ToWelcome("session", TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)), token));
        await using Staying staying = Start(HubAt("unfit", () => impostor.Endpoint), HubAt("good", () => cluster.Endpoint));
        await cluster.TrainAsync();
        await staying.UntilAsync(s => s[0].Phase == HubPhase.Refused && s[1].Runs == 1);
    }

    [Test]
    public async Task A_hub_whose_certificates_cannot_be_read_does_not_end_the_node()
    {
        await using var good = new TestCluster(OneNode);
        var broken = new Hub("broken", 1, _ => throw new UserErrorException(ExitCode.Usage, "--tls_key: others can read it"));
        await using Staying staying = Start(broken, HubAt("good", () => good.Endpoint));
        await good.TrainAsync();
        await staying.UntilAsync(s => s[1].Runs == 1);
        Assert.That((staying.Node.Status[0].Phase, staying.Node.Status[0].Reason), Is.EqualTo((HubPhase.Refused, "--tls_key: others can read it")));
    }

    [Test]
    public async Task Hubs_that_do_not_run_are_logged_when_that_changes_and_not_at_each_attempt()
    {
        await using Staying staying = Start(HubAt("idle", () => Nowhere));
        await _log.WaitForAsync("[2061] idle: still waiting", _stopping.Token, count: 3);
        Assert.That(_log.Lines.Count(l => l.Contains("idle") && !l.Contains("[2061]")), Is.EqualTo(1));
        Assert.That(_log.Lines, Has.Some.Contains("[2060] idle: waiting for a run ("));
    }

    [Test]
    public async Task A_connection_that_is_lost_during_a_run_is_made_again_and_the_run_ends_as_if_undisturbed()
    {
        string expected = (await TestCluster.RunAsync(OneNode)).Hash;
        await using var cluster = new TestCluster(OneNode);
        await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            if (frame.Type == MessageType.BackwardResult && frame.Number == 2)
            {
                await frame.CutAsync();
            }
            else
            {
                await frame.ForwardAsync();
            }
        });
        await using Staying staying = Start(HubAt("hub", () => proxy.Endpoint), HubAt("other", () => Nowhere));
        Assert.That((await cluster.TrainAsync()).Hash, Is.EqualTo(expected));
        Assert.That(proxy.Connections, Is.EqualTo(2));
        await staying.UntilAsync(s => s[0].Runs == 1);
    }

    [Test]
    public async Task A_reload_brings_new_hubs_and_takes_away_old_ones()
    {
        await using var cluster = new TestCluster(OneNode);
        await using Staying staying = Start(HubAt("old", () => Nowhere));
        await _log.WaitForAsync("[2060] old: waiting", _stopping.Token);
        staying.Node.Reload([HubAt("new", () => cluster.Endpoint)]);
        await cluster.TrainAsync();
        await staying.UntilAsync(s => s.Count == 1 && s[0] is { Hub: "new", Runs: 1 });
    }

    [Test]
    public async Task A_reload_tries_at_once_a_hub_that_was_refused()
    {
        await using var cluster = new TestCluster(OneNode);
        bool broken = true;
        Hub hub = HubAt("mended", () => cluster.Endpoint);
        Hub mended = hub with { Configure = o => broken ? throw new UserErrorException(ExitCode.Usage, "broken") : hub.Configure(o) };
        await using Staying staying = Start(mended);
        await staying.UntilAsync(s => s[0].Phase == HubPhase.Refused);
        broken = false;
        staying.Node.Reload([mended]);
        await cluster.TrainAsync();
        await staying.UntilAsync(s => s[0].Runs == 1);
    }

    private static Hub HubAt(string name, Func<IPEndPoint> endpoint, string? stateFolder = null) => new(name, 1, options => options with
    {
        NodeId = 1,
        Host = endpoint().Address.ToString(),
        Port = endpoint().Port,
        Security = NodeSecurity.None,
        StateFolder = stateFolder,
    });

    private Staying Start(params Hub[] hubs) => Start(_log.Logger("node"), hubs);

    private Staying Start(ILogger log, params Hub[] hubs)
    {
        var common = new NodeOptions(1, string.Empty, 0, CPU, OneNode.NewContext().Options.NewEncoding()) { Policy = new PolicySource(NodePolicy.Permissive), Test = _ => OneNode.TestImages };
        SampleSet samples = OneNode.EffectiveImages;
        return new Staying(new StayingNode(common, hubs, samples, log), _stopping.Token);
    }

    private sealed class Staying : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stopping;
        private readonly Task _running;

        public Staying(StayingNode node, CancellationToken cancellationToken)
        {
            Node = node;
            _stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _running = Task.Run(() => node.RunAsync(_stopping.Token), CancellationToken.None);
        }

        public StayingNode Node { get; }

        public async Task UntilAsync(Func<IReadOnlyList<HubStatus>, bool> condition) =>
            await Waiting.Until(() => condition(Node.Status) || _running.IsCompleted).ContinueWith(_ => Assert.That(_running.IsCompleted, Is.False, $"{_running.Exception}"));

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            Assert.That(async () => await _running.Soon(), Throws.InstanceOf<OperationCanceledException>());
            _stopping.Dispose();
        }
    }
}
