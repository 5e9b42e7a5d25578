using TraversalLearning.Nodes;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Processes;

/// <summary>SIGKILL of a node's process, and of the orchestrator's, in every phase of a step: the final bytes are those of the undisturbed run.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class KillMatrixTests
{
    private readonly Dictionary<Exchange, ProgramRuns> _programs = [];
    private int _kills;
    private int _survived;

    [OneTimeSetUp]
    public async Task RunInOneProcess()
    {
        foreach (Exchange exchange in Enum.GetValues<Exchange>())
        {
            _programs[exchange] = await ProgramRuns.CreateAsync(exchange);
        }
    }

    [OneTimeTearDown]
    public void Summarise()
    {
        foreach (ProgramRuns programs in _programs.Values)
        {
            programs.Dispose();
        }

        TestContext.Progress.WriteLine($"kill matrix: {_kills} kills, {_survived} survived");
    }

    [Test]
    public Task A_node_that_is_killed_and_started_again_changes_nothing([Values] Exchange exchange) => KillAsync(exchange, orchestrator: false);

    [Test]
    public Task An_orchestrator_that_is_killed_and_resumed_changes_nothing([Values] Exchange exchange) => KillAsync(exchange, orchestrator: true);

    /// <summary>By default each phase once on each side, of whichever exchange; and always the first, without which there may be no checkpoint for the next.</summary>
    private static KillPoint[] Points(Exchange exchange, bool orchestrator)
    {
        var all = from e in Enum.GetValues<Exchange>()
                  from side in new[] { false, true }
                  from point in KillPoint.All(e, side)
                  select (Exchange: e, OfOrchestrator: side, Point: point);
        return
        [
            .. Selection.EachValue(all, k => (k.Exchange, k.OfOrchestrator), k => (k.OfOrchestrator, k.Point.Phase))
                .Where(k => k.Exchange == exchange && k.OfOrchestrator == orchestrator)
                .Select(k => k.Point)
                .Prepend(KillPoint.All(exchange, orchestrator)[0])
                .Distinct(),
        ];
    }

    private async Task KillAsync(Exchange exchange, bool orchestrator)
    {
        ProgramRuns programs = _programs[exchange];
        string output = programs.Folder[orchestrator ? "orchestrator" : "node"];
        var kill = new KillSwitch(Path.Combine(output, "checkpoints"));
        await using var processes = new ProcessSet();
        RunningProgram hub = processes.Add(programs.StartOrchestrator(output, "--checkpoint_every", "1"));
        int port = await hub.PortAsync();
        FaultProxy[] proxies = [.. Enumerable.Range(1, 3).Select(node => processes.Add(ProgramRuns.Proxy(port, frame => kill.PassAsync(node, frame))))];
        RunningProgram[] nodes = [.. Enumerable.Range(1, 3).Select(StartNode)];
        KillPoint[] points = Points(exchange, orchestrator);
        foreach (KillPoint point in points)
        {
            Task killed = kill.Arm(point, orchestrator ? hub : nodes[1]);
            await Task.WhenAny(killed, orchestrator ? Task.Delay(TimeSpan.FromSeconds(60)) : hub.EndAsync());
            Assert.That(killed.IsCompletedSuccessfully, Is.True, $"{point}\n{hub.Transcript}");
            Interlocked.Increment(ref _kills);
            if (orchestrator)
            {
                hub = processes.Add(RunningProgram.StartOrchestrator("--resume", "latest", "--output", output, "--port", $"{port}"));
            }
            else
            {
                nodes[1] = StartNode(2);
            }
        }

        FinishedProgram ended = await hub.EndAsync();
        Assert.That(ended.ExitCode, Is.Zero, ended.ToString());
        Assert.That(ended.Hash, Is.EqualTo(programs.Hash), ended.ToString());
        foreach (RunningProgram node in nodes)
        {
            Assert.That((await node.EndAsync()).ExitCode, Is.Zero, node.Transcript);
        }

        Interlocked.Add(ref _survived, points.Length);

        RunningProgram StartNode(int id) => processes.Add(programs.StartNode(id, proxies[id - 1].Endpoint.Port));
    }

    /// <summary>What a run started, to be ended in the opposite order.</summary>
    private sealed class ProcessSet : IAsyncDisposable
    {
        private readonly Stack<IAsyncDisposable> _all = new();

        public T Add<T>(T started)
            where T : IAsyncDisposable
        {
            _all.Push(started);
            return started;
        }

        public async ValueTask DisposeAsync()
        {
            while (_all.TryPop(out IAsyncDisposable? started))
            {
                await started.DisposeAsync();
            }
        }
    }
}
