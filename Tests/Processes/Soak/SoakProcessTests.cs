using System.Globalization;
using System.Net;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Processes.Soak;

/// <summary>The real programs, many steps, many faults: the bytes of the undisturbed run, and the memory of each process stays what it was.</summary>
internal sealed class SoakProcessTests
{
    private const int Samples = 480;
    private const int BatchSize = 16;
    private const int Nodes = 3;
    private const double MaxGrowth = 1.25;

    private static readonly TimeSpan Patience = TimeSpan.FromHours(4);

    [Explicit("./run_tests.sh --soak [STEPS] runs it")]
    [Category("Soak")]
    [Test]
    public async Task The_memory_of_each_process_stays_what_it_was()
    {
        if (!ProcessFigures.Available)
        {
            Assert.Ignore("Only Linux tells.");
        }

        using var folder = new TempFolder();
        string data = folder.WriteDataset(train: Samples);
        int epochs = Math.Max(SoakPlan.RequestedSteps * BatchSize / Samples, 1);
        int steps = epochs * Samples / BatchSize;
        PlannedFault[] plan = SoakPlan.Draw(seed: 2, steps, interval: 200, Nodes);
        FinishedProgram undisturbed = await RunAndReportAsync([], []);
        var figures = new List<(int Step, string Process, ProcessFigures Figures)>();
        FinishedProgram disturbed = await RunAndReportAsync(plan, figures);
        Assert.That(disturbed.Hash, Is.EqualTo(undisturbed.Hash));

        // Those that were never killed. The first sample is that of a process that is warm.
        foreach (string process in (string[])["orchestrator", "node 1", "node 2"])
        {
            ProcessFigures[] samples = [.. figures.Where(f => f.Process == process).Select(f => f.Figures)];
            Assert.That(samples[^1].ResidentBytes, Is.LessThan(MaxGrowth * samples[0].ResidentBytes), process);
            Assert.That(samples[^1].Sockets, Is.LessThanOrEqualTo(samples.Take(3).Max(s => s.Sockets)), process);
        }

        async Task<FinishedProgram> RunAndReportAsync(PlannedFault[] faults, List<(int Step, string Process, ProcessFigures Figures)> samples)
        {
            FinishedProgram ended = await RunAsync(folder[$"faults-{faults.Length}"], data, epochs, faults, samples.Add);
            TestContext.Progress.WriteLine($"soak, {faults.Length} faults: {ended.Final}");
            foreach ((int step, string name, ProcessFigures sample) in samples.OrderBy(s => s.Process, StringComparer.Ordinal).ThenBy(s => s.Step))
            {
                TestContext.Progress.WriteLine($"  {name}, step {step}: {sample}");
            }

            return ended;
        }
    }

    private static async Task<FinishedProgram> RunAsync(
        string output, string data, int epochs, PlannedFault[] plan, Action<(int Step, string Process, ProcessFigures Figures)> sample)
    {
        int steps = epochs * Samples / BatchSize;
        int every = Math.Max(Math.Min(1000, steps / 4), 1);
        await using RunningProgram orchestrator = RunningProgram.StartOrchestrator(
            "--dataset", data, "--num_nodes", $"{Nodes}", "--epochs", $"{epochs}", "--batch_size", $"{BatchSize}", "--lr", "0.1", "--gamma", "1", "--threads", "1", "--device", "cpu",
            "--port", "0", "--output", output, "--checkpoint_every", $"{Math.Max(steps / 4, 1)}", "--heartbeat_interval", "0.5", "--heartbeat_timeout", "3");
        var endpoint = new IPEndPoint(IPAddress.Loopback, await orchestrator.PortAsync());
        var nodes = new RunningProgram[Nodes + 1];
        var proxies = new FaultProxy[Nodes + 1];
        try
        {
            for (int id = 1; id <= Nodes; id++)
            {
                var policy = new SoakPolicy(id, plan, RestartAsync);
                proxies[id] = new FaultProxy(endpoint, id == 1 ? WatchAsync : policy.PassAsync);
                nodes[id] = Start(id);

                async Task WatchAsync(ProxiedFrame frame)
                {
                    if (frame.Type == MessageType.ForwardPass && frame.Number % every == 0)
                    {
                        Sample(frame.Number);
                    }

                    await policy.PassAsync(frame);
                }
            }

            return await orchestrator.EndAsync(Patience);
        }
        finally
        {
            foreach (IAsyncDisposable disposable in nodes.OfType<IAsyncDisposable>().Concat(proxies.OfType<IAsyncDisposable>()))
            {
                await disposable.DisposeAsync();
            }
        }

        RunningProgram Start(int id) => RunningProgram.StartNode(
            "--node_id", $"{id}", "--port", $"{proxies[id].Endpoint.Port}", "--num_nodes", $"{Nodes}", "--dataset", data, "--threads", "1", "--device", "cpu");

        async Task RestartAsync(int id)
        {
            await nodes[id].KillAsync();
            await nodes[id].DisposeAsync();
            nodes[id] = Start(id);
        }

        void Sample(int step)
        {
            Add("orchestrator", orchestrator);
            for (int id = 1; id <= Nodes; id++)
            {
                Add(string.Create(CultureInfo.InvariantCulture, $"node {id}"), nodes[id]);
            }

            void Add(string name, RunningProgram program)
            {
                if (ProcessFigures.Of(program.ProcessId) is { } figures)
                {
                    sample((step, name, figures));
                }
            }
        }
    }
}
