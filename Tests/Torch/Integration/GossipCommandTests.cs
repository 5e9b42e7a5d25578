using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Gossip by command lines, as a user runs it: flags, run folder, an orchestrator that is killed and resumed without its files.</summary>
public sealed class GossipCommandTests
{
    private const int Nodes = 6;

    private readonly TempFolder _folder = new();
    private string _data = string.Empty;

    [OneTimeSetUp]
    public void WriteData() => _data = _folder.WriteDataset();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task A_run_that_is_resumed_ends_with_the_bytes_of_one_that_was_not_though_its_topology_file_is_gone()
    {
        string topology = _folder["topology.yaml"];
        await File.WriteAllTextAsync(topology, "1: 2 3\n3: [4, 5]\n5: 6\n6: 1\n");
        await using RunningCommand whole = await StartOrchestratorAsync("whole", "--epochs", "3", "--topology", topology);
        FinishedProgram expected = await EndWithNodesAsync(whole);
        Assert.That(expected.ExitCode, Is.Zero, expected.ToString());
        Assert.That(expected.Output, Has.Some.Contains("nodes are 0.").And.Contains("from their mean"));

        await using RunningCommand first = await StartOrchestratorAsync("resumed", "--epochs", "2", "--topology", topology);
        Assert.That((await EndWithNodesAsync(first)).ExitCode, Is.Zero);
        File.Delete(topology);
        await using RunningCommand second = await RunningCommand.StartOrchestratorAsync("--resume", _folder["resumed"], "--epochs", "3", "--port", "0");
        FinishedProgram resumed = await EndWithNodesAsync(second);

        Assert.That(resumed.Hash, Is.EqualTo(expected.Hash), resumed.ToString());
        string summary = await File.ReadAllTextAsync(Path.Combine(_folder["whole"], "run.json"));
        Assert.That(summary, Does.Contain("\"algorithm\": \"gossip\"").And.Contain("\"topology\": \"{1: [2, 3, 6], 3: [4, 5], 5: [6]}\""));
    }

    [TestCase("--algorithm gossip --topology torus", "--topology takes one of ring|complete")]
    [TestCase("--algorithm gossip --topology k_regular:7", "of 6 nodes each can have 5 neighbours at most")]
    [TestCase("--algorithm gossip --topology erdos_renyi:0.01", "none of 100 draws connects all 6 nodes; use a p of")]
    [TestCase("--algorithm gossip --select all", "--select does not belong to --algorithm gossip")]
    [TestCase("--algorithm fedavg --topology ring", "--topology does not belong to --algorithm fedavg")]
    [TestCase("--algorithm fedavg --select group:fast", "--select group:fast needs --groups")]
    [TestCase("--algorithm fedavg --select groups --groups none.yaml", "--groups none.yaml: cannot be read")]
    [TestCase("--algorithm fedavg --select groups --client_fraction 0.5 --groups {\"a\":[1]}", "--client_fraction does not belong to --select groups")]
    [TestCase("--groups {\"a\":[1]}", "--groups does not belong to --algorithm tl")]
    public async Task Flags_that_cannot_be_are_one_line(string flags, string message)
    {
        FinishedProgram program = await RunningCommand.RunOrchestratorAsync([.. flags.Split(' '), "--num_nodes", $"{Nodes}"]);
        Assert.That(program.ExitCode, Is.EqualTo(2), program.ToString());
        Assert.That(program.Errors, Has.Length.EqualTo(1).And.One.Contains(message));
    }

    private Task<RunningCommand> StartOrchestratorAsync(string output, params string[] flags) => RunningCommand.StartOrchestratorAsync(
        [
            "--algorithm", "gossip", "--num_nodes", $"{Nodes}", "--dataset", _data, "--batch_size", "16", "--threads", "1", "--device", "cpu",
            "--port", "0", "--output", _folder[output], .. flags,
        ]);

    private async Task<FinishedProgram> EndWithNodesAsync(RunningCommand orchestrator)
    {
        int port = await orchestrator.PortAsync();
        await using RunningCommand several = StartHost(1, 4, port);
        await using RunningCommand two = StartHost(5, 2, port);
        return await orchestrator.EndAsync();
    }

    private RunningCommand StartHost(int first, int count, int port) => RunningCommand.StartNode(
        [
            "--node_id", $"{first}", "--virtual_nodes", $"{count}", "--num_nodes", $"{Nodes}", "--port", $"{port}", "--dataset", _data,
            "--threads", "1", "--device", "cpu",
        ]);
}
