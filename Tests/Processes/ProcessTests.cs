using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Processes;

/// <summary>The real programs, one process each: the same bytes as in one process, and after any of them was killed.</summary>
public sealed class ProcessTests
{
    private static readonly bool[] IsInterrupt = Selection.First(true, false);

    private ProgramRuns _programs = null!;

    [OneTimeSetUp]
    public async Task RunInOneProcess() => _programs = await ProgramRuns.CreateAsync();

    [OneTimeTearDown]
    public void Clean() => _programs.Dispose();

    [Test]
    public async Task Nodes_in_processes_of_their_own_end_with_the_bytes_of_nodes_in_one()
    {
        await using RunningProgram orchestrator = _programs.StartOrchestrator("plain");
        int port = await orchestrator.PortAsync();
        await using RunningProgram node1 = _programs.StartNode(1, port);
        await using RunningProgram node2 = _programs.StartNode(2, port, "--compression", "lz4");
        await using RunningProgram node3 = _programs.StartNode(3, port, "--compression", "none", "--checksums", "off");

        Assert.That((await orchestrator.EndAsync()).Hash, Is.EqualTo(_programs.Hash));
        foreach (RunningProgram node in new[] { node1, node2, node3 })
        {
            FinishedProgram ended = await node.EndAsync();
            Assert.That(ended.ExitCode, Is.Zero, ended.ToString());
            Assert.That(ended.Errors, Is.Empty);
        }
    }

    [Test]
    public async Task A_node_killed_in_mid_epoch_and_started_again_changes_nothing()
    {
        await using RunningProgram orchestrator = _programs.StartOrchestrator("killed-node");
        int port = await orchestrator.PortAsync();
        RunningProgram? victim = null;
        var killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var proxy = ProgramRuns.Proxy(port, async frame =>
        {
            if (frame.Type == MessageType.BackwardResult && frame.Number == 4)
            {
                // The node has computed; what it says gets as far as the middle of the frame.
                await victim!.KillAsync();
                await frame.SendAsync(frame.Bytes.AsMemory(0, frame.Bytes.Length / 2));
                killed.SetResult();
                await frame.CutAsync();
            }

            await frame.ForwardAsync();
        });
        await using RunningProgram node1 = _programs.StartNode(1, port);
        await using RunningProgram node3 = _programs.StartNode(3, port);
        victim = _programs.StartNode(2, proxy.Endpoint.Port);
        await using (victim)
        {
            await killed.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }

        await using RunningProgram again = _programs.StartNode(2, port);

        FinishedProgram ended = await orchestrator.EndAsync();
        Assert.That(ended.Hash, Is.EqualTo(_programs.Hash), ended.ToString());
        Assert.That((await again.EndAsync()).ExitCode, Is.Zero);
    }

    [Test]
    public async Task A_node_that_never_comes_back_ends_the_run_with_one_line()
    {
        await using RunningProgram orchestrator = _programs.StartOrchestrator("lost-node", "--reconnect_timeout", "0.3");
        int port = await orchestrator.PortAsync();
        RunningProgram? victim = null;
        await using var proxy = ProgramRuns.Proxy(port, async frame =>
        {
            if (frame.Type == MessageType.ForwardResult && frame.Number == 4)
            {
                await victim!.KillAsync();
                await frame.CutAsync();
            }

            await frame.ForwardAsync();
        });
        await using RunningProgram node1 = _programs.StartNode(1, port);
        await using RunningProgram node3 = _programs.StartNode(3, port);
        victim = _programs.StartNode(2, proxy.Endpoint.Port);
        await using (victim)
        {
            FinishedProgram ended = await orchestrator.EndAsync();
            Assert.That(ended.ExitCode, Is.EqualTo(5), ended.ToString());
            Assert.That(ended.Errors, Has.Length.EqualTo(1));
            Assert.That(ended.Errors[0], Does.StartWith("error: node 2 is lost").And.Contains("--reconnect_timeout"));
            Assert.That((await node1.EndAsync()).ExitCode, Is.Zero, "the others were sent home");
            Assert.That((await node3.EndAsync()).ExitCode, Is.Zero);
        }
    }

    [Test]
    public async Task A_node_that_never_came_ends_the_run_with_one_line()
    {
        FinishedProgram ended = await RunningProgram.RunOrchestratorAsync([.. _programs.Flags, "--port", "0", "--output", _programs.Folder["never"], "--connect_timeout", "0.2"]);
        Assert.That(ended.ExitCode, Is.EqualTo(5), ended.ToString());
        Assert.That(ended.Errors, Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Nodes_outlive_their_orchestrator_and_train_with_the_next_one()
    {
        int port;
        var killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        RunningProgram first = _programs.StartOrchestrator("first");
        await using RunningProgram disposal = first;
        port = await first.PortAsync();
        await using var proxy = ProgramRuns.Proxy(port, async frame =>
        {
            if (frame.Type == MessageType.Backward && frame.Number == 4 && !killed.Task.IsCompleted)
            {
                await first.KillAsync();
                killed.SetResult();
            }

            await frame.ForwardAsync();
        });
        await using RunningProgram node1 = _programs.StartNode(1, port);
        await using RunningProgram node2 = _programs.StartNode(2, proxy.Endpoint.Port);
        await using RunningProgram node3 = _programs.StartNode(3, port);
        await killed.Task.WaitAsync(TimeSpan.FromSeconds(60));

        await using RunningProgram second = RunningProgram.StartOrchestrator([.. _programs.Flags, "--port", $"{port}", "--output", _programs.Folder["second"]]);

        FinishedProgram ended = await second.EndAsync();
        Assert.That(ended.Hash, Is.EqualTo(_programs.Hash), ended.ToString());
        foreach (RunningProgram node in new[] { node1, node2, node3 })
        {
            Assert.That((await node.EndAsync()).ExitCode, Is.Zero, node.Transcript);
        }
    }

    [Test]
    public async Task Signals_end_orchestrator_and_nodes_in_good_order([ValueSource(nameof(IsInterrupt))] bool interrupt)
    {
        await using RunningProgram orchestrator = _programs.StartOrchestrator($"signals-{interrupt}");
        int port = await orchestrator.PortAsync();
        var training = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var proxy = ProgramRuns.Proxy(port, async frame =>
        {
            if (frame.Type == MessageType.ForwardResult && frame.Number == 4)
            {
                // Held until the connection ends: training cannot be over before the signal.
                training.TrySetResult();
                await Task.Delay(Timeout.Infinite, frame.Ended.Token);
            }

            await frame.ForwardAsync();
        });
        await using RunningProgram node1 = _programs.StartNode(1, port);
        await using RunningProgram node2 = _programs.StartNode(2, proxy.Endpoint.Port);
        await using RunningProgram node3 = _programs.StartNode(3, port);
        await training.Task.WaitAsync(TimeSpan.FromSeconds(60));

        Signal(node3);
        AssertCancelled(await node3.EndAsync());
        Signal(orchestrator);
        AssertCancelled(await orchestrator.EndAsync());
        Assert.That((await node1.EndAsync()).ExitCode, Is.Zero, "sent home");
        Assert.That((await node2.EndAsync()).ExitCode, Is.Zero, "sent home");

        void Signal(RunningProgram program)
        {
            if (interrupt)
            {
                program.Interrupt();
            }
            else
            {
                program.Terminate();
            }
        }
    }

    [Test]
    public async Task Signals_end_programs_that_still_wait()
    {
        await using RunningProgram orchestrator = _programs.StartOrchestrator("waiting");
        int port = await orchestrator.PortAsync();
        orchestrator.Interrupt();
        AssertCancelled(await orchestrator.EndAsync());

        await using RunningProgram node = _programs.StartNode(1, port);
        await node.WaitForLineAsync("trying again");
        node.Terminate();
        AssertCancelled(await node.EndAsync());
    }

    private static void AssertCancelled(FinishedProgram program)
    {
        Assert.That(program.ExitCode, Is.EqualTo(130), program.ToString());
        Assert.That(program.Errors, Is.EqualTo((string[])["cancelled"]));
    }
}
