using System.Globalization;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Soak;

/// <summary>
/// Many steps under many faults in one process: the bytes of the undisturbed run, and nothing piles up. <c>SoakProcessTests</c> do the
/// same with processes.
/// </summary>
internal sealed class SoakTests
{
    private const int StepsPerEpoch = 40;
    private const int Nodes = 3;

    // Two listeners are the orchestrator's and the proxy's; a node, its proxy on either side, and the orchestrator have one each of a connection.
    private const int SocketsOfCluster = 1 + (Nodes * (1 + 4));

    // What the log keeps of each fault, and the losses of all steps, are the test's own.
    private const long MaxGrowth = 2 << 20;

    private static readonly ClusterOptions Options = new()
    {
        Shards = [140, 90, 90],
        BatchSize = 8,
        Optimizer = new(LearningRate: 0.1) { Schedule = new(Gamma: 1) },
        HeartbeatInterval = TimeSpan.FromMilliseconds(200),
        HeartbeatTimeout = TimeSpan.FromSeconds(1.5),
        DebugLog = false,
    };

    [Test]
    public Task A_long_run_under_faults_leaves_nothing_behind() => SoakAsync(Selection.IsAll ? 800 : 400, interval: 25, TimeSpan.FromMinutes(2));

    [Explicit("./run_tests.sh --soak [STEPS] runs it")]
    [Category("Soak")]
    [Test]
    public Task A_run_as_long_as_you_like_leaves_nothing_behind() => SoakAsync(SoakPlan.RequestedSteps, interval: 200, TimeSpan.FromHours(4));

    private static async Task SoakAsync(int steps, int interval, TimeSpan deadline)
    {
        ClusterOptions options = Options with { Deadline = deadline };
        int epochs = (steps + StepsPerEpoch - 1) / StepsPerEpoch;
        steps = epochs * StepsPerEpoch;
        ClusterResult undisturbed = await TestCluster.RunAsync(options, epochs);
        PlannedFault[] plan = SoakPlan.Draw(seed: 1, steps, interval, Nodes);
        Figures before = Figures.Now();
        (string hash, PlannedFault[] done, Figures early, Figures late) = await DisturbedAsync(
            options, epochs, plan, early: Math.Min(1000, steps / 8), before.Process.Sockets + SocketsOfCluster);
        Figures after = Figures.Now();
        TestContext.Progress.WriteLine(
            $"soak: {steps} steps, {done.Length} of {plan.Length} faults ({string.Join(", ", done.CountBy(f => f.Fault).Select(c => $"{c.Value} {c.Key}"))})\n"
            + $"  early:  {early}\n  at end: {late}\n  before: {before}\n  after:  {after}");

        Assert.That(hash, Is.EqualTo(undisturbed.Hash));
        Assert.That(done, Has.Length.GreaterThan(plan.Length * 0.9), "the faults happened");
        Assert.That(late.HeapBytes - early.HeapBytes, Is.LessThan(MaxGrowth));

        // A node has one tensor more once it has gone back in its present connection. And TorchSharp counts a parameter twice when it is made, and once
        // when it is disposed: a node that starts again makes all of its model's, and so did the cluster.
        long parameters = 2 * options.Model.Layers.Count(l => l.CountParameters() > 0);
        int kills = done.Count(f => f.Fault == SoakFault.Kill);
        Assert.That(late.Tensors, Is.InRange(early.Tensors - Nodes, early.Tensors + Nodes + (kills * parameters)));
        Assert.That(after.Tensors, Is.LessThanOrEqualTo(before.Tensors + ((Nodes + 1 + kills) * parameters) + 1));
        if (ProcessFigures.Available)
        {
            Assert.That(after.Process.Sockets, Is.EqualTo(before.Process.Sockets));
        }
    }

    private static async Task<(string Hash, PlannedFault[] Done, Figures Early, Figures Late)> DisturbedAsync(
        ClusterOptions options, int epochs, PlannedFault[] plan, int early, int sockets)
    {
        await using var cluster = new TestCluster(options);
        ProxySet? proxies = null;
        SoakPolicy[] policies = [.. Enumerable.Range(1, Nodes).Select(id => new SoakPolicy(id, plan, RestartAsync))];
        await using ProxySet disposed = proxies = new ProxySet(cluster, Nodes, id => policies[id - 1].PassAsync);
        cluster.StartAllNodes(proxies.EndpointOf);
        int last = (epochs * StepsPerEpoch) - 1;
        Figures[] figures = new Figures[2];
        ClusterResult run = await cluster.TrainAsync(epochs, async (step, _) =>
        {
            if (step == early || step == last)
            {
                // Those of connections that were just lost are on their way out.
                await Waiting.Until(() => cluster.Session.Serving == Nodes && SocketsNow() == sockets);
                figures[step == early ? 0 : 1] = Figures.Now(cluster.Session.Serving);
            }
        });
        return (run.Hash, [.. policies.SelectMany(p => p.Done)], figures[0], figures[1]);

        int SocketsNow() => ProcessFigures.Of(Environment.ProcessId)?.Sockets ?? sockets;

        async Task RestartAsync(int id)
        {
            await cluster.KillNodeAsync(id);
            cluster.StartNode(id, proxies!.EndpointOf(id));
        }
    }

    private sealed record Figures(long HeapBytes, long Tensors, int Serving, ProcessFigures Process)
    {
        public static Figures Now(int serving = 0)
        {
            long tensors = TensorCount.Settled();
            return new Figures(GC.GetTotalMemory(forceFullCollection: true), tensors, serving, ProcessFigures.Of(Environment.ProcessId) ?? default);
        }

        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture, $"managed heap {HeapBytes / 1e6:0.00} MB, {Tensors} tensors, {Serving} connections served; process: {Process}");
    }
}
