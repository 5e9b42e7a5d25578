using TraversalLearning.Data;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary><c>--early_stopping</c> as a user meets it: the same with nodes and without, said in words, and not to be gone on with by mistake.</summary>
public sealed class EarlyStoppingCommandTests
{
    private readonly TempFolder _folder = new();

    [OneTimeSetUp]
    public void WriteData()
    {
        SampleSet images = Synthetic.Images(90, side: 8);
        _folder.WriteNpy("data", "train", new SampleSet(images.Element, images.Shape, images.Values, [.. images.Labels.Select((l, i) => i % 2 == 0 ? l : (l + i) % 10)]));
        _folder.WriteNpy("data", "test", Synthetic.Images(20, side: 8, seed: 8));
    }

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task A_run_says_why_it_stopped_and_nodes_end_it_as_one_process_does()
    {
        FinishedProgram central = await RunningCommand.RunOrchestratorAsync(["centralized", .. Flags("central")]);
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync([.. Flags("nodes"), "--port", "0"]);
        await using RunningCommand host = RunningCommand.StartNode(
            "--node_id", "1", "--virtual_nodes", "3", "--num_nodes", "3", "--port", $"{await orchestrator.PortAsync()}", "--dataset", _folder["data"], "--threads", "1", "--no-accel");
        FinishedProgram nodes = await orchestrator.EndAsync();
        Assert.That((central.ExitCode, nodes.ExitCode), Is.EqualTo((0, 0)), $"{central}\n{nodes}");

        string said = nodes.Output.Single(l => l.StartsWith("stopped after epoch ", StringComparison.Ordinal));
        Assert.That(said, Does.Match(@"^stopped after epoch \d+ of 60: the validation loss has not fallen by more than 0 for 3 epochs; the best was \d\.\d{4}, after epoch \d+$"));
        Assert.That(central.Output, Does.Contain(said));
        Assert.That(nodes.Final, Does.Match(@" epochs=\d+ .* best_epoch=\d+$"));
        Assert.That(Word(nodes, "best_epoch"), Is.EqualTo(Word(central, "best_epoch")));
        Assert.That(int.Parse(Word(nodes, "epochs")), Is.EqualTo(int.Parse(Word(nodes, "best_epoch")) + 3));

        FinishedProgram evaluate = await RunningCommand.RunOrchestratorAsync("evaluate", "--model_dir", _folder["nodes"], "--dataset", _folder["data"], "--threads", "1");
        Assert.That(evaluate.Output[0], Does.Contain($"loss={Word(nodes, "loss")} "), "the model is the one that the last line is of");
        FinishedProgram again = await RunningCommand.RunOrchestratorAsync("centralized", "--resume", _folder["central"]);
        Assert.That((again.ExitCode, string.Join('\n', again.Errors)), Is.EqualTo((2, $"error: the run in '{_folder["central"]}' has stopped early after {Word(central, "epochs")} epochs; start a new run with more --early_stopping to train longer")));
    }

    [Test]
    public async Task A_run_that_a_rule_ends_says_which_everywhere_and_is_complete()
    {
        string[] flags = [.. Flags("rule").TakeWhile(f => f != "--validation_fraction"), "--stop_rounds", "30"];
        FinishedProgram run = await RunningCommand.RunOrchestratorAsync(["centralized", .. flags]);
        Assert.That(run.ExitCode, Is.Zero, run.ToString());
        Assert.That(run.Output, Does.Contain("stopped in epoch 3 of 60, after round 30: --stop_rounds 30"));
        Assert.That(run.Final, Does.Contain(" epochs=3 steps=30 ").And.EndsWith(" stopped_by=rounds"));
        Assert.That(await File.ReadAllTextAsync(_folder["rule", "run.json"]), Does.Contain("\"stopped_by\": \"rounds\"").And.Contain("\"stop_rounds\": 30"));
        Assert.That(await File.ReadAllLinesAsync(_folder["rule", "events.jsonl"]), Has.One.Contains("run_completed").And.One.Contains("\"stopped_by\":\"rounds\""));
        FinishedProgram again = await RunningCommand.RunOrchestratorAsync("centralized", "--resume", _folder["rule"]);
        Assert.That((again.ExitCode, string.Join('\n', again.Errors)), Is.EqualTo((
            2, $"error: the run in '{_folder["rule"]}' was ended by --stop_rounds 30 after 3 epochs; start a new run without it to train longer")));
    }

    [TestCase("--min_delta 0.1", "--min_delta belongs to --early_stopping")]
    [TestCase("--validation_fraction 0.95", "--validation_fraction takes a number from 0 to 0.9, not '0.95'")]
    [TestCase("--validation_fraction 0.2 --exchange relay", "with --exchange relay nodes have a part of the model only, and cannot validate it; use two_phase or one_phase, or leave --validation_fraction out")]
    [TestCase("--validation_fraction 0.2 --algorithm fedavg --allow_lossy", "--validation_fraction belongs to --algorithm tl and centralized; with fedavg leave --validation_fraction out")]
    [TestCase("--validation_fraction 0.2 --model resnet --allow_lossy", "layer 'bn' has statistics that nodes do not get")]
    public async Task What_does_not_go_together_is_one_line(string flags, string reason)
    {
        FinishedProgram run = await RunningCommand.RunOrchestratorAsync(["--dataset", _folder["data"], "--output", _folder["refused"], .. flags.Split(' ')]);
        Assert.That(run.ExitCode, Is.EqualTo(2), run.ToString());
        Assert.That(run.Errors, Has.Length.EqualTo(1).And.One.Contains(reason));
    }

    private static string Word(FinishedProgram run, string name) => run.Final.Split(' ').Single(w => w.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];

    private string[] Flags(string output) =>
    [
        "--dataset", _folder["data"], "--output", _folder[output], "--model", "tabular:64,10", "--optimizer", "adam", "--lr", "0.004", "--schedule", "constant", "--epochs", "60",
        "--batch_size", "8", "--dtype", "float64", "--threads", "1", "--no-accel", "--validation_fraction", "0.25", "--early_stopping", "3",
    ];
}
