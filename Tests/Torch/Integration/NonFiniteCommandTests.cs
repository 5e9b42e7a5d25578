using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using TraversalLearning.Data;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Losses that are NaN or infinite as a user meets them: one line that says where to look, figures that can be read back, and nodes that are told.</summary>
public sealed class NonFiniteCommandTests
{
    private const int Features = 5;
    private const int TooLargeAt = 4;
    private readonly TempFolder _folder = new();

    [OneTimeSetUp]
    public void WriteData()
    {
        foreach ((string name, bool train, bool test) in new[] { ("sound", false, false), ("test", false, true), ("train", true, false) })
        {
            _folder.WriteNpy(name, "train", Numbers(60, seed: 1, train));
            _folder.WriteNpy(name, "test", Numbers(12, seed: 2, test));
        }
    }

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task A_test_loss_ends_the_run_behind_its_checkpoint_and_names_the_value()
    {
        FinishedProgram run = await CentralizedAsync("behind", "--dataset", _folder["test"], "--batch_size", "16");
        Assert.That(run.ExitCode, Is.EqualTo(6), run.ToString());
        Assert.That(run.Errors, Has.Length.EqualTo(1));
        Assert.That(run.Errors[0], Does.StartWith(
            "error: the test loss is NaN after epoch 1 (1 of 12 samples): look at the data first: the test set's largest value is -3E+38, in sample 4; then use a smaller --lr (now 1)"));
        Assert.That(run.Errors[0], Does.EndWith($"; go on from the checkpoint of step 4 with --resume '{_folder["behind"]}'"));
        Assert.That(await File.ReadAllTextAsync(_folder["behind", "metrics.csv"]), Does.Contain(",NaN,"));
        Assert.That(await File.ReadAllTextAsync(_folder["behind", "events.jsonl"]), Does.Contain("\"test_loss\":null"));

        FinishedProgram resumed = await RunningCommand.RunOrchestratorAsync("centralized", "--resume", _folder["behind"], "--allow_nonfinite");
        Assert.That(resumed.ExitCode, Is.Zero, resumed.ToString());
        Assert.That(resumed.Output, Has.One.EqualTo("warn: the test loss is NaN after epoch 2 (1 of 12 samples); training goes on"));
        JsonNode result = JsonNode.Parse(await File.ReadAllBytesAsync(_folder["behind", "run.json"]))!["result"]!;
        Assert.That((result["loss"], (int)result["epochs"]!), Is.EqualTo(((JsonNode?)null, 2)));
        Assert.That((double)result["accuracy"]!, Is.EqualTo(Math.Round(((double)result["accuracy"]!) * 12) / 12).Within(1e-9).And.LessThan(1), "the row without a number is no hit");
        FinishedProgram report = await RunningCommand.RunOrchestratorAsync("report", _folder["behind"]);
        Assert.That(report.ExitCode, Is.Zero, report.ToString());
    }

    [Test]
    public async Task A_training_loss_names_the_value_and_its_node_and_leaves_no_checkpoint_that_would_end_there_again()
    {
        FinishedProgram run = await CentralizedAsync("training", "--dataset", _folder["train"], "--batch_size", "8", "--checkpoint_every", "1");
        Assert.That(run.ExitCode, Is.EqualTo(6), run.ToString());
        Assert.That(run.Errors[0], Does.Match(
            @"^error: the loss is NaN at epoch 1, batch \d: look at the data first: the training set's largest value is -3E\+38, in sample 4, which node 2 would hold; then use a smaller --lr"));
        int[] steps = [.. Directory.GetDirectories(_folder["training", "checkpoints"]).Select(d => int.Parse(d[^6..], CultureInfo.InvariantCulture)).Order()];
        string hint = steps.Length > 1 ? $"go on from the checkpoint of step {steps[^2]} with --resume '{_folder["training", "checkpoints", $"step-{steps[^2]:000000}"]}' and a smaller --lr or --clip_grad_norm" : "goes on";
        Assert.That(run.Errors[0], Does.EndWith(hint));
    }

    [Test]
    public async Task A_rate_that_is_too_large_is_told_from_data_and_the_last_model_is_not_gone_on_with()
    {
        FinishedProgram run = await CentralizedAsync("rate", "--dataset", _folder["sound"], "--optimizer", "sgd", "--lr", "1e30", "--batch_size", "60");
        Assert.That(run.ExitCode, Is.EqualTo(6), run.ToString());
        Assert.That(run.Errors[0], Does.StartWith("error: the test loss is NaN after epoch 1 (12 of 12 samples): ").And.EndWith("--allow_nonfinite goes on"));
    }

    [Test]
    public async Task Nodes_are_sent_home()
    {
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync([.. Flags("nodes"), "--dataset", _folder["test"], "--num_nodes", "2", "--port", "0"]);
        await using RunningCommand nodes = RunningCommand.StartNode(
            "--node_id", "1", "--virtual_nodes", "2", "--num_nodes", "2", "--port", $"{await orchestrator.PortAsync()}", "--dataset", _folder["sound"], "--threads", "1", "--no-accel");
        FinishedProgram ended = await orchestrator.EndAsync();
        Assert.That((ended.ExitCode, (await nodes.EndAsync()).ExitCode), Is.EqualTo((6, 0)), $"{ended}\n{nodes.Transcript}");
        Assert.That(Directory.GetDirectories(_folder["nodes", "checkpoints"]), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Early_stopping_that_never_saw_a_number_is_no_success()
    {
        // Of one node's 60 samples so many are kept out that the large one is among them with this seed, and trained on with others.
        FinishedProgram run = await CentralizedAsync(
            "early", "--dataset", _folder["train"], "--num_nodes", "1", "--validation_fraction", "0.9", "--early_stopping", "1");
        Assert.That(run.ExitCode, Is.EqualTo(6), run.ToString());
        Assert.That(run.Output, Has.One.StartsWith("warn: the validation loss is NaN after epoch 1, by samples of node 1: "));
        Assert.That(run.Output, Has.One.StartsWith("epoch 2/2: "), "patience does not count such epochs");
        Assert.That(run.Errors, Has.Length.EqualTo(1).And.One.StartsWith("error: no epoch had a validation loss that is a number, so that --early_stopping could choose none: "));
        Assert.That(run.Errors[0], Does.EndWith($"the last epoch's model is '{_folder["early", "model.safetensors"]}'").And.Not.Contain("--resume"));
    }

    [Test]
    public async Task A_row_without_probabilities_has_no_class()
    {
        FinishedProgram train = await CentralizedAsync("model", "--dataset", _folder["sound"]);
        Assert.That(train.ExitCode, Is.Zero, train.ToString());
        string[] flags = ["--model_dir", _folder["model"], "--dataset", _folder["test"], "--threads", "1"];
        FinishedProgram predict = await RunningCommand.PredictAsync(flags);
        FinishedProgram evaluate = await RunningCommand.RunOrchestratorAsync(["evaluate", .. flags]);
        const string Warning = "warning: of 1 of 12 samples the model says NaN or infinity: their values may be too large (the largest is -3E+38, in sample 4), or its training diverged";
        Assert.That(predict.Errors, Is.EqualTo((string[])[Warning]));
        Assert.That(evaluate.Errors, Is.EqualTo((string[])[Warning]));
        Assert.That(predict.Output[1 + TooLargeAt], Is.EqualTo("4,,NaN,NaN"));
        Assert.That(predict.Output.Skip(1).Select(l => l.Split(',')[1]).Count(c => c is "0" or "1"), Is.EqualTo(11));
        Assert.That(evaluate.Output[0], Does.StartWith("evaluate: loss=NaN accuracy="));
    }

    private static SampleSet Numbers(int count, ulong seed, bool tooLarge)
    {
        var random = new SeededRandom(seed);
        float[] values = [.. Enumerable.Range(0, count * Features).Select(_ => random.Next(2001) / 1000f - 1)];
        int[] labels = [.. Enumerable.Range(0, count).Select(i => values[i * Features] > 0 ? 1 : 0)];
        if (tooLarge)
        {
            values.AsSpan(TooLargeAt * Features, Features).Fill(-3e38f);
        }

        return new SampleSet(SampleElement.Float32, [Features], MemoryMarshal.AsBytes<float>(values).ToArray(), labels);
    }

    private Task<FinishedProgram> CentralizedAsync(string output, params string[] more) => RunningCommand.RunOrchestratorAsync(["centralized", .. Flags(output), .. more]);

    private string[] Flags(string output) => ["--model", $"tabular:{Features},2", "--epochs", "2", "--threads", "1", "--no-accel", "--output", _folder[output]];
}
