using System.Net;
using TraversalLearning.Data;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Processes;

/// <summary><c>Node --virtual_nodes</c> as a program: its flags, its end, and the bytes of the run.</summary>
public sealed class VirtualNodeProcessTests
{
    private const int Nodes = 30;

    private readonly TempFolder _folder = new();
    private string _data = string.Empty;
    private string _hash = string.Empty;

    [OneTimeSetUp]
    public async Task RunAsNodesInOneProcess()
    {
        _data = _folder.WriteDataset();
        int[][] partition = Partition.RoundRobin.Deal(IdxData.TrainImages().Labels, Nodes, seed: 1);
        using Turn turn = await Turn.TakeAsync();
        _hash = (await TestCluster.RunAsync(new ClusterOptions { Model = ModelPresets.Create("mlp"), Images = IdxData.TrainImages(), Partition = partition, BatchSize = 32, MicroBatchRows = 10 })).Hash;
    }

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task A_host_killed_in_a_step_and_started_again_ends_with_the_bytes_of_nodes_of_their_own()
    {
        await using RunningProgram orchestrator = StartOrchestrator("killed");
        int port = await orchestrator.PortAsync();
        RunningProgram? victim = null;
        var killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var proxy = new FaultProxy(new IPEndPoint(IPAddress.Loopback, port), async frame =>
        {
            if (frame.Type == MessageType.BackwardResult && frame.Number == 20)
            {
                await victim!.KillAsync();
                killed.SetResult();
            }

            await frame.ForwardAsync();
        });
        await using RunningProgram other = StartHost(1, 10, port);
        victim = StartHost(11, 20, proxy.Endpoint.Port);
        await using (victim)
        {
            await killed.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }

        await using RunningProgram again = StartHost(11, 20, port);
        FinishedProgram ended = await orchestrator.EndAsync();
        Assert.That(ended.Hash, Is.EqualTo(_hash), ended.ToString());
        foreach (RunningProgram host in new[] { other, again })
        {
            FinishedProgram program = await host.EndAsync();
            Assert.That(program.ExitCode, Is.Zero, program.ToString());
            Assert.That(program.Errors, Is.Empty);
            Assert.That(program.Output, Has.One.StartsWith("all ").And.Contains("nodes are admitted"));
            Assert.That(program.Output.Count(l => l.Contains(": admitted to session", StringComparison.Ordinal)), Is.LessThan(10), "not one for each");
            Assert.That(program.Output, Has.Some.StartsWith("node "), "but some, by name");
        }
    }

    [Test]
    public async Task Nodes_that_are_refused_do_not_end_the_others_and_are_the_programs_exit_code()
    {
        // Two others are nodes 29 and 30 already, with a common set of their own.
        SampleSet strange = Synthetic.Images(IdxData.TrainImages().Count, side: 28, seed: 99);
        _folder.Write("strange/train-images-idx3-ubyte", IdxFiles.ImagesOf(strange));
        _folder.Write("strange/train-labels-idx1-ubyte", IdxFiles.LabelsOf(strange));
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync([.. Flags(Nodes), "--port", "0", "--epochs", "1", "--output", _folder["refused"]]);
        int port = await orchestrator.PortAsync();
        await using RunningCommand others = RunningCommand.StartNode(
            "--node_id", "29", "--virtual_nodes", "2", "--num_nodes", $"{Nodes}", "--dataset", _folder["strange"], "--port", $"{port}", "--threads", "1", "--no-accel");
        await others.WaitForLineAsync("all 2 nodes are admitted");
        await using RunningCommand host = RunningCommand.StartNode(HostFlags(1, Nodes, port));
        FinishedProgram ended = await orchestrator.EndAsync();
        Assert.That(ended.ExitCode, Is.Zero, ended.ToString());
        FinishedProgram program = await host.EndAsync();
        Assert.That(program.ExitCode, Is.EqualTo(4), program.ToString());
        Assert.That(program.Errors, Has.Length.EqualTo(1));
        Assert.That(program.Errors[0], Does.Match(@"^error: node 29: .*another process is node 29 already.* \(1 more nodes ended by errors\)$"));
    }

    [Test]
    public async Task Without_an_orchestrator_a_host_ends_with_one_line()
    {
        FinishedProgram program = await RunningCommand.RunNodeAsync([.. HostFlags(1, Nodes, port: 1), "--connect_timeout", "0.2"]);
        Assert.That(program.ExitCode, Is.EqualTo(3), program.ToString());
        Assert.That(program.Errors, Has.Length.EqualTo(1));
        Assert.That(program.Errors[0], Does.Contain("--connect_timeout").And.Contains("(29 more nodes ended by errors)"));
    }

    [Test]
    public async Task A_signal_ends_all_in_good_order()
    {
        await using RunningProgram orchestrator = StartOrchestrator("signal");
        await using RunningProgram host = StartHost(1, Nodes - 1, await orchestrator.PortAsync());
        await host.WaitForLineAsync("all 29 nodes are admitted");
        host.Interrupt();
        FinishedProgram program = await host.EndAsync();
        Assert.That((program.ExitCode, program.Errors), Is.EqualTo((130, (string[])["cancelled"])), program.ToString());
    }

    private string[] Flags(int nodes) =>
        ["--dataset", _data, "--num_nodes", $"{nodes}", "--batch_size", "32", "--threads", "1", "--device", "cpu"];

    private RunningProgram StartOrchestrator(string output) =>
        RunningProgram.StartOrchestrator([.. Flags(Nodes), "--micro_batch_rows", "10", "--epochs", "1", "--port", "0", "--output", _folder[output]]);

    private RunningProgram StartHost(int first, int count, int port) => RunningProgram.StartNode(HostFlags(first, count, port));

    private string[] HostFlags(int first, int count, int port) =>
    [
        "--node_id", $"{first}", "--virtual_nodes", $"{count}", "--num_nodes", $"{Nodes}", "--port", $"{port}", "--dataset", _data,
        "--threads", "1", "--device", "cpu",
    ];
}
