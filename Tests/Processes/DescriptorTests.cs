using System.Net;
using System.Net.Sockets;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Processes;

/// <summary>File descriptors are few, and strangers want them all.</summary>
[Platform("Linux")]
internal sealed class DescriptorTests
{
    [Test]
    public async Task Strangers_do_not_take_the_descriptors_that_a_run_needs()
    {
        using var folder = new TempFolder();
        string[] flags =
        [
            "--dataset", folder.WriteDataset(), "--num_nodes", "2", "--epochs", "1", "--batch_size", "16", "--threads", "1", "--device", "cpu", "--port", "0",
        ];
        FinishedProgram plain = await TrainAsync(RunningProgram.StartOrchestrator([.. flags, "--output", folder["plain"]]), strangers: 0, folder);
        FinishedProgram poor = await TrainAsync(
            RunningProgram.StartOrchestratorWithDescriptors(160, [.. flags, "--output", folder["poor"]]), strangers: 500, folder);
        Assert.That(poor.Hash, Is.EqualTo(plain.Hash), poor.ToString());
    }

    [Test]
    public async Task Too_few_descriptors_for_the_nodes_are_said_in_one_line()
    {
        using var folder = new TempFolder();
        string[] flags = ["--dataset", folder.WriteDataset(), "--num_nodes", "150"];
        await using RunningProgram orchestrator = RunningProgram.StartOrchestratorWithDescriptors(120, [.. flags, "--port", "0", "--output", folder["run"]]);
        await using RunningProgram host = RunningProgram.StartNodeWithDescriptors(120, [.. flags, "--node_id", "1", "--virtual_nodes", "150"]);
        AssertAdvised(await orchestrator.EndAsync(), "--num_nodes 150 takes a socket each");
        AssertAdvised(await host.EndAsync(), "--virtual_nodes 150 takes a socket each");

        static void AssertAdvised(FinishedProgram program, string text)
        {
            Assert.That(program.ExitCode, Is.EqualTo(2), program.ToString());
            Assert.That(program.Errors, Has.Length.EqualTo(1));
            Assert.That(program.Errors[0], Does.StartWith($"error: {text}").And.EndWith("ulimit -n 512"));
        }
    }

    private static async Task<FinishedProgram> TrainAsync(RunningProgram started, int strangers, TempFolder folder)
    {
        await using RunningProgram orchestrator = started;
        int port = await orchestrator.PortAsync();
        var crowd = new List<Socket>();
        for (int i = 0; i < strangers; i++)
        {
            crowd.Add(await Stranger.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), CancellationToken.None));
        }

        string[] flags = ["--dataset", folder["data"], "--num_nodes", "2", "--device", "cpu", "--threads", "1", "--port", $"{port}"];
        await using RunningProgram node1 = RunningProgram.StartNode([.. flags, "--node_id", "1"]);
        await using RunningProgram node2 = RunningProgram.StartNode([.. flags, "--node_id", "2"]);
        FinishedProgram ended = await orchestrator.EndAsync();
        crowd.ForEach(s => s.Dispose());
        return ended;
    }
}
