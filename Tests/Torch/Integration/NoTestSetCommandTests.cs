using System.Globalization;
using System.Text.Json.Nodes;
using TraversalLearning.Data;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary><c>--dataset none</c>: an orchestrator without samples trains as one with a test set does, and what the nodes keep out tells how good the model is.</summary>
internal sealed class NoTestSetCommandTests
{
    private const int Nodes = 3;

    private readonly TempFolder _folder = new();

    [OneTimeSetUp]
    public void WriteData()
    {
        SampleSet images = Synthetic.Images(90, side: 8);
        _folder.WriteNpy("data", "train", new SampleSet(images.Element, images.Shape, images.Values, [.. images.Labels.Select((l, i) => i % 2 == 0 ? l : (l + i) % 10)]));
        _folder.WriteNpy("data", "test", Synthetic.Images(20, side: 8, seed: 8));
        _folder.WriteTable("table", Tables.Schema, Tables.File(Tables.Rows(120)), Tables.File(Tables.Rows(40, seed: 2)));
    }

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task It_ends_with_the_bytes_of_the_run_with_a_test_set_and_validation_is_its_figure_everywhere()
    {
        FinishedProgram with = await TrainAsync("with", "data", "data", "--validation_fraction", "0.25", "--tensorboard", _folder["curves"]);
        FinishedProgram without = await TrainAsync("without", "none", "data", "--validation_fraction", "0.25", "--tensorboard", _folder["curves"]);
        Assert.That((with.ExitCode, without.ExitCode), Is.EqualTo((0, 0)), $"{with}\n{without}");
        Assert.That(without.Hash, Is.EqualTo(with.Hash));
        Assert.That(without.Output, Has.One.Contains("there is no test set, and no test figures: validation on the nodes tells how good the model is"));
        Assert.That(without.Output.Where(l => l.Contains(": train loss ", StringComparison.Ordinal)), Has.All.Match("; validation loss [0-9.]+, accuracy [0-9.]+; test loss n/a; "));

        (JsonNode own, JsonNode other) = (Result("without"), Result("with"));
        Assert.That(new[] { "accuracy", "loss", "macro_f1", "auc" }.Select(f => own[f]), Has.All.Null);
        foreach (string figure in (string[])["validation_loss", "validation_accuracy"])
        {
            Assert.That((double)own[figure]!, Is.EqualTo((double)other[figure]!), figure);
        }

        Assert.That(without.Final, Does.StartWith(string.Create(
            CultureInfo.InvariantCulture, $"final: validation_accuracy={(double)own["validation_accuracy"]!:0.0000} validation_loss={(double)own["validation_loss"]!:0.0000} epochs=3 steps=")));
        Assert.That(Column("without", "test_loss").Concat(Column("without", "test_accuracy")), Has.All.Empty);
        Assert.That(Column("without", "validation_loss"), Is.EqualTo(Column("with", "validation_loss")));
        JsonNode[] epochs = [.. (await File.ReadAllLinesAsync(_folder["without", "events.jsonl"])).Select(l => JsonNode.Parse(l)!).Where(e => (string?)e["event"] == "epoch_completed")];
        Assert.That(epochs.Select(e => e["test_loss"]), Has.Exactly(3).Null);
        Assert.That((double)epochs[^1]["validation_loss"]!, Is.EqualTo((double)own["validation_loss"]!));
        Assert.That(await File.ReadAllTextAsync(_folder["without", "report.html"]), Does.Contain("Loss over epochs"));
        Assert.That(await File.ReadAllTextAsync(_folder["without", "results.csv"]), Does.Contain("validation_loss"));
    }

    [TestCase("tl")]
    [TestCase("fedavg")]
    [TestCase("fedsgd")]
    [TestCase("split")]
    [TestCase("splitfedv2")]
    [TestCase("gossip")]
    public async Task Every_method_trains_without_any_figures(string algorithm)
    {
        FinishedProgram with = await TrainAsync($"{algorithm}-with", "data", "data", "--algorithm", algorithm, "--allow_lossy");
        FinishedProgram without = await TrainAsync($"{algorithm}-without", "none", "data", "--algorithm", algorithm, "--allow_lossy");
        Assert.That(without.ExitCode, Is.Zero, without.ToString());
        Assert.That(without.Hash, Is.EqualTo(with.Hash), $"{with}\n{without}");
        Assert.That(without.Output, Has.One.Contains("with --algorithm tl, --validation_fraction has the nodes tell how good the model is"));
        Assert.That(without.Final, Does.StartWith("final: loss=n/a epochs=3 "));
    }

    [Test]
    public async Task It_is_gone_on_with_and_its_best_epoch_is_that_of_the_undisturbed_run([Values] bool hasTest)
    {
        string name = $"stopping{hasTest}";
        string[] flags = ["--validation_fraction", "0.25", "--early_stopping", "2", "--epochs", "40"];
        FinishedProgram whole = await TrainAsync($"{name}-whole", hasTest ? "data" : "none", "data", flags);
        FinishedProgram part = await TrainAsync(name, hasTest ? "data" : "none", "data", [.. flags, "--stop_rounds", "4"]);
        Assert.That(part.ExitCode, Is.Zero, part.ToString());
        FinishedProgram other = await RunningCommand.RunOrchestratorAsync("--resume", _folder[name], "--dataset", hasTest ? "none" : _folder["data"]);
        AssertRefused(other, hasTest ? $"--dataset was {_folder["data"]} when the checkpoint was written and is none now" : $"--dataset was none when the checkpoint was written and is {_folder["data"]} now");

        // Whose results are missing: nothing is left to train, and what it is worth is in the checkpoint.
        File.Delete(_folder[$"{name}-whole", "run.json"]);
        FinishedProgram again = await GoOnAsync($"{name}-whole");
        Assert.That(again.Final.Split(" params")[0], Is.EqualTo(whole.Final.Split(" params")[0]), again.ToString());
        Assert.That(again.Hash, Is.EqualTo(whole.Hash));
    }

    [Test]
    public async Task A_run_that_was_interrupted_ends_as_if_it_had_not_been()
    {
        FinishedProgram whole = await TrainAsync("interrupted-whole", "none", "data", "--validation_fraction", "0.25", "--epochs", "5", "--schedule", "constant");
        FinishedProgram part = await TrainAsync("interrupted", "none", "data", "--validation_fraction", "0.25", "--schedule", "constant");
        Assert.That(part.ExitCode, Is.Zero, part.ToString());
        FinishedProgram resumed = await GoOnAsync("interrupted", "--epochs", "5");
        Assert.That(resumed.Hash, Is.EqualTo(whole.Hash), resumed.ToString());
        Assert.That(Column("interrupted", "validation_loss"), Is.EqualTo(Column("interrupted-whole", "validation_loss")));
    }

    [Test]
    public async Task Tables_are_prepared_by_what_nodes_say_of_theirs_and_a_resumed_run_asks_nobody()
    {
        string[] flags = ["--model", "tabular", "--validation_fraction", "0.25", "--schedule", "constant"];
        FinishedProgram with = await TrainAsync("table-with", "table", "table", flags);
        FinishedProgram without = await TrainAsync("table-without", "none", "table", flags);
        Assert.That(without.ExitCode, Is.Zero, without.ToString());
        Assert.That(without.Hash, Is.EqualTo(with.Hash), $"{with}\n{without}");
        Assert.That(await File.ReadAllBytesAsync(_folder["table-without", "preparation.json"]), Is.EqualTo(await File.ReadAllBytesAsync(_folder["table-with", "preparation.json"])));
        FinishedProgram more = await GoOnAsync("table-with", "--epochs", "5");
        FinishedProgram resumed = await GoOnAsync("table-without", "--epochs", "5");
        Assert.That(resumed.Hash, Is.EqualTo(more.Hash), resumed.ToString());
    }

    [TestCase("table", "--model tabular:9,2", "this run's are not; give the orchestrator a test set of the kind as --dataset, or for tables --dataset none and --model tabular")]
    [TestCase("data", "--model tabular", "this run is one of tables, or of images in folders, and the node's samples are neither")]
    public async Task A_node_with_other_samples_is_told_what_to_do(string data, string flags, string reason)
    {
        await using RunningCommand orchestrator = await StartOrchestratorAsync($"refused-{data}", "none", flags.Split(' '));
        await using RunningCommand node = RunningCommand.StartNode(
            "--node_id", "1", "--num_nodes", $"{Nodes}", "--port", $"{await orchestrator.PortAsync()}", "--dataset", _folder[data], "--threads", "1", "--no-accel");
        FinishedProgram refused = await node.EndAsync();
        Assert.That(refused.ExitCode, Is.EqualTo(4), refused.ToString());
        Assert.That(string.Join('\n', refused.Errors), Does.Contain(reason));
    }

    [TestCase("centralized")]
    [TestCase("--algorithm centralized", "centralized")]
    [TestCase("verify")]
    [TestCase("partition")]
    [TestCase("compare --algorithms tl,fedavg", "compare")]
    [TestCase("evaluate --model_dir .", "evaluate")]
    [TestCase("predict --model_dir .", "predict")]
    public async Task Commands_that_read_samples_here_refuse_it(string command, string? named = null)
    {
        FinishedProgram run = await RunningCommand.RunOrchestratorAsync([.. command.Split(' '), "--dataset", "none"]);
        AssertRefused(run, $"error: {named ?? command} reads samples here: --dataset none is for runs over the network; name a data set or its directory");
    }

    [TestCase("--early_stopping 3", "--early_stopping goes by how good the model is, and with --dataset none nobody knows; give a --dataset with a test set, or --validation_fraction")]
    [TestCase("--stop_accuracy 0.5", "--stop_accuracy goes by how good the model is, and with --dataset none nobody knows; give a --dataset with a test set, or --validation_fraction")]
    [TestCase("--stop_loss 0.5 --algorithm fedavg", "--stop_loss goes by how good the model is, and with --dataset none nobody knows; give a --dataset with a test set")]
    public async Task What_goes_by_figures_needs_some(string flags, string reason)
    {
        FinishedProgram run = await RunningCommand.RunOrchestratorAsync(["--dataset", "none", "--output", _folder["unused"], .. flags.Split(' ')]);
        AssertRefused(run, $"error: {reason}");
        Assert.That(run.Errors[0], Does.EndWith(reason));
    }

    [Test]
    public async Task A_rule_about_figures_goes_by_validation()
    {
        FinishedProgram run = await TrainAsync("rule", "none", "data", "--validation_fraction", "0.25", "--stop_loss", "100");
        Assert.That(run.Output, Does.Contain("stopped in epoch 1 of 3, after round 9: --stop_loss 100"), run.ToString());
        Assert.That(run.Final, Does.EndWith(" stopped_by=loss"));
    }

    private static void AssertRefused(FinishedProgram run, string reason)
    {
        Assert.That(run.ExitCode, Is.EqualTo(2), run.ToString());
        Assert.That(run.Errors, Has.Length.EqualTo(1).And.One.Contains(reason));
    }

    private JsonNode Result(string run) => JsonNode.Parse(File.ReadAllBytes(_folder[run, "run.json"]))!["result"]!;

    private string[] Column(string run, string name)
    {
        string[] lines = File.ReadAllLines(_folder[run, "metrics.csv"]);
        int place = Array.IndexOf(lines[0].Split(','), name);
        return [.. lines.Skip(1).Select(l => l.Split(',')[place])];
    }

    private Task<RunningCommand> StartOrchestratorAsync(string output, string dataset, string[] flags)
    {
        // The flag that stands last counts.
        Dictionary<string, string> usual = new(StringComparer.Ordinal)
        {
            ["--model"] = "tabular:64,10", ["--optimizer"] = "adam", ["--lr"] = "0.004", ["--epochs"] = "3", ["--batch_size"] = "8", ["--threads"] = "1",
        };
        return RunningCommand.StartOrchestratorAsync(
        [
            "--dataset", dataset == "none" ? dataset : _folder[dataset], "--output", _folder[output], "--num_nodes", $"{Nodes}", "--port", "0", "--no-accel",
            .. usual.Where(f => !flags.Contains(f.Key)).SelectMany(f => new[] { f.Key, f.Value }), .. flags,
        ]);
    }

    private async Task<FinishedProgram> TrainAsync(string output, string dataset, string data, params string[] flags)
    {
        await using RunningCommand orchestrator = await StartOrchestratorAsync(output, dataset, flags);
        return await WithNodesAsync(orchestrator, data);
    }

    private async Task<FinishedProgram> GoOnAsync(string output, string? flag = null, string? value = null)
    {
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync(["--resume", _folder[output], .. flag is null ? [] : new[] { flag, value! }]);
        return await WithNodesAsync(orchestrator, output.StartsWith("table", StringComparison.Ordinal) ? "table" : "data");
    }

    private async Task<FinishedProgram> WithNodesAsync(RunningCommand orchestrator, string data)
    {
        await using RunningCommand host = RunningCommand.StartNode(
            "--node_id", "1", "--virtual_nodes", $"{Nodes}", "--num_nodes", $"{Nodes}", "--port", $"{await orchestrator.PortAsync()}", "--dataset", _folder[data], "--threads", "1", "--no-accel");
        return await orchestrator.EndAsync();
    }
}
