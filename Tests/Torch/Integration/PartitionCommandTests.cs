using System.Xml.Linq;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary><c>Orchestrator partition</c>: its table, its chart, and that programs train on what it shows.</summary>
public sealed class PartitionCommandTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private readonly TempFolder _folder = new();
    private string _data = string.Empty;

    [OneTimeSetUp]
    public void WriteData() => _data = _folder.WriteDataset();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public void The_table_is_aligned_and_adds_up() => Assert.That(
        PartitionTable.Of([0, 12, 0, 12, 12, 7], [[0, 1, 2], [], [3, 4, 5]]).ToText(),
        Is.EqualTo(
            """
             node  class 0  class 7  class 12  total
                1        2        0         1      3
                2        0        0         0      0
                3        0        1         2      3
            total        2        1         3      6

            """));

    [Test]
    public async Task It_prints_the_table_of_what_nodes_take_and_draws_it()
    {
        string chart = _folder["chart.svg"];
        FinishedProgram shown = await RunningCommand.RunOrchestratorAsync(
            "partition", "--dataset", _data, "--partition", "dirichlet:0.10", "--num-nodes", "5", "--partition_seed", "3", "--output", chart);
        Assert.That(shown.ExitCode, Is.Zero, shown.ToString());
        Assert.That(shown.Errors, Is.Empty);

        int[] labels = IdxData.TrainImages().Labels;
        int[][] parts = Partition.Parse("dirichlet:0.1").Deal(labels, 5, seed: 3);
        Assert.That(shown.Output[0], Is.EqualTo($"{_data}, dirichlet:0.1, seed 3: 150 samples, 5 nodes"));
        Assert.That(string.Join('\n', shown.Output[1..]), Is.EqualTo(PartitionTable.Of(labels, parts).ToText().TrimEnd('\n')));

        // A rectangle for each class of the legend and of each node, as long as it has samples, in colours that are told apart.
        XElement svg = XDocument.Load(chart).Root!;
        XElement[] rectangles = [.. svg.Elements(Svg + "rect")];
        Assert.That(rectangles, Has.Length.EqualTo(10 + (5 * 10)));
        Assert.That(rectangles[..10].Select(r => (string)r.Attribute("fill")!), Is.Unique);
        double[] widths = [.. rectangles[10..].Select(r => (double)r.Attribute("width")!)];
        double[] counts = [.. parts.SelectMany(own => Enumerable.Range(0, 10).Select(c => (double)own.Count(sample => labels[sample] == c)))];
        double scale = widths.Sum() / 150;
        Assert.That(widths.Zip(counts, (width, count) => width - (count * scale)), Has.All.EqualTo(0).Within(0.02));
        Assert.That(svg.Elements(Svg + "text").Select(t => t.Value), Is.SupersetOf((string[])["node 1", "node 5", "class 0", "class 9"]));
        Assert.That(svg.Element(Svg + "style")!.Value, Does.Contain("prefers-color-scheme:dark"));
    }

    [Test]
    public async Task A_file_or_a_data_set_that_is_not_to_be_had_is_one_line()
    {
        AssertError(await RunningCommand.RunOrchestratorAsync("partition", "--dataset", _data, "--output", _folder["none", "chart.svg"]), 6, "--output");
        AssertError(await RunningCommand.RunOrchestratorAsync("partition", "--dataset", _folder["nowhere"]), 7, "nowhere");

        static void AssertError(FinishedProgram program, int exitCode, string part)
        {
            Assert.That(program.ExitCode, Is.EqualTo(exitCode), program.ToString());
            Assert.That(program.Errors, Has.Length.EqualTo(1));
            Assert.That(program.Errors[0], Does.StartWith("error: ").And.Contains(part));
        }
    }

    [Test]
    public async Task Help_names_every_partitioner()
    {
        FinishedProgram help = await RunningCommand.RunOrchestratorAsync("partition", "--help");
        foreach (Partitioner partitioner in Partitioner.All)
        {
            Assert.That(help.Output, Has.Some.Contains(partitioner.Usage).And.Some.Contains(partitioner.Help));
        }
    }

    [Test]
    public async Task Training_equals_centralized_whatever_nodes_lack([Values("one_class", "dirichlet:0.05", "shards:1")] string partition)
    {
        // With more nodes than classes and samples that leave some of them empty.
        string few = _folder.WriteDataset($"few-{partition[..3]}", train: 14);
        FinishedProgram verify = await RunningCommand.RunOrchestratorAsync(
            "verify", "--dataset", few, "--partition", partition, "--num_nodes", "16", "--batch_size", "8", "--steps", "4", "--dtype", "float64", "--threads", "1",
            "--no-accel");
        Assert.That(verify.ExitCode, Is.Zero, verify.ToString());
    }

    [Test]
    public async Task Nodes_and_orchestrator_deal_alike()
    {
        string[] shared = ["--dataset", _data, "--num_nodes", "3", "--partition", "dirichlet:0.3", "--partition_seed", "5", "--threads", "1", "--no-accel"];
        FinishedProgram central = await RunningCommand.RunOrchestratorAsync(["centralized", .. shared, "--epochs", "1", "--dtype", "float64", "--output", _folder["central"]]);
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync(
            [.. shared, "--epochs", "1", "--dtype", "float64", "--port", "0", "--output", _folder["tl"]]);
        string port = $"{await orchestrator.PortAsync()}";
        await using RunningCommand first = RunningCommand.StartNode(["--node_id", "1", "--virtual_nodes", "2", "--port", port, .. shared]);
        await using RunningCommand third = RunningCommand.StartNode(["--node_id", "3", "--port", port, .. shared]);
        FinishedProgram tl = await orchestrator.EndAsync();
        Assert.That(tl.ExitCode, Is.Zero, tl.ToString());

        // Loss and accuracy to four places; the batches are the same only if every node holds what the orchestrator thinks.
        Assert.That(tl.Final.Split(" params_sha256")[0], Is.EqualTo(central.Final.Split(" params_sha256")[0]));
        Assert.That(await File.ReadAllTextAsync(_folder["tl", "run.json"]), Does.Contain("\"partition\": \"dirichlet:0.3\""));
    }
}
