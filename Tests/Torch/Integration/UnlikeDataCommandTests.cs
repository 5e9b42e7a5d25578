using System.Runtime.InteropServices;
using TraversalLearning.Data;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Command lines, where one party's samples are not the same kind of thing as another's: the run does not begin, and everybody is told why, at once.</summary>
internal sealed class UnlikeDataCommandTests
{
    private const int Width = 16;

    private static readonly (string, string)[] UnlikeTheTestSet = Selection.First(
        ("bytes", "the samples of node 2 are uint8, pixels, which are scaled, and those of the test set float32, numbers, which are not scaled; save all as the same"),
        ("large", "the numbers of node 2 are from -250 to 250, and those of the test set from -1 to 1; scale all alike, or say --allow_any_range if they are right"));

    private static readonly (string, string)[] DealtOtherwise = Selection.First(
        ("--num_nodes 3", "--partition round_robin --num_nodes 3, and the run by --partition round_robin --num_nodes 2"),
        ("--num_nodes 2 --partition iid", "--partition iid --partition_seed 1 --num_nodes 2, and the run by --partition round_robin --num_nodes 2"));

    private readonly TempFolder _folder = new();

    [OneTimeSetUp]
    public void WriteData()
    {
        SampleSet numbers = Numbers(scale: 1, [Width]);
        foreach ((string name, SampleSet set) in new[]
        {
            ("numbers", numbers),
            ("bytes", new SampleSet(SampleElement.UInt8, [Width], [.. Enumerable.Range(0, numbers.Count * Width).Select(i => (byte)i)], numbers.Labels)),
            ("large", Numbers(scale: 255, [Width])),
            ("square", Numbers(scale: 1, [4, 4])),
            ("wide", Numbers(scale: 1, [2, 8])),
            ("words", Synthetic.Tokens(SampleElement.Int32, count: 40, length: 6, words: 20, classes: 3)),
            ("more-words", Synthetic.Tokens(SampleElement.Int32, count: 40, length: 6, words: 30, classes: 3)),
        })
        {
            _folder.WriteNpy(name, "train", set);
            _folder.WriteNpy(name, "test", set);
        }
    }

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task A_node_whose_samples_are_unlike_the_test_set_is_refused_and_the_run_ends_with_the_reason([ValueSource(nameof(UnlikeTheTestSet))] (string, string) unlike)
    {
        (string data, string reason) = unlike;
        (FinishedProgram run, FinishedProgram[] nodes) = await RunAsync($"unlike-{data}", ["--dataset", _folder["numbers"], "--model", "tabular:16,2"], Own("numbers"), Own(data));
        AssertError(run, 5, $"node 2 is lost: it was refused: {reason}; correct that and start it again");
        AssertError(nodes[1], 4, $"the orchestrator refused this node (data): {reason}");
        Assert.That(nodes[0].ExitCode, Is.Zero, nodes[0].ToString());
    }

    [Test]
    public async Task Numbers_of_any_range_are_taken_where_that_is_said()
    {
        (FinishedProgram run, _) = await RunAsync("any-range", ["--dataset", _folder["numbers"], "--model", "tabular:16,2", "--allow_any_range"], Own("numbers"), Own("large"));
        Assert.That(run.ExitCode, Is.Zero, run.ToString());
    }

    [Test]
    public async Task Nodes_whose_samples_are_unlike_each_other_do_not_train_together()
    {
        // To a model that takes flat samples, and beside a test set that has some, each alone would do.
        (FinishedProgram run, FinishedProgram[] nodes) = await RunAsync("unlike-shapes", ["--dataset", _folder["numbers"], "--model", "tabular:16,2"], Own("square"), Own("wide"));
        const string Reason = "the samples of node 1 have the shape [4, 4], and those of node 2 [2, 8]; save all in the same";
        AssertError(run, 7, Reason);
        Assert.That(nodes.SelectMany(n => n.Output), Has.Exactly(2).Contains("training ended early"));
    }

    [Test]
    public async Task Nodes_that_deal_a_common_set_otherwise_than_the_run_are_refused([ValueSource(nameof(DealtOtherwise))] (string, string) otherwise)
    {
        (string flags, string says) = otherwise;
        string[] common = ["--dataset", _folder["numbers"]];
        (FinishedProgram run, FinishedProgram[] nodes) = await RunAsync(
            $"deal{flags.Length}", [.. common, "--model", "tabular:16,2"], [.. common, "--num_nodes", "2"], [.. common, .. flags.Split(' ')]);
        AssertError(run, 5, $"node 2 deals its data set out by {says}; give all parties the same");
        Assert.That(nodes.Select(n => n.ExitCode), Is.EqualTo((int[])[0, 4]));
    }

    [Test]
    public async Task A_common_set_and_samples_of_its_own_do_not_mix()
    {
        string[] common = ["--dataset", _folder["numbers"]];
        (FinishedProgram run, _) = await RunAsync("mixed", [.. common, "--model", "tabular:16,2"], [.. common, "--num_nodes", "2"], Own("numbers"));
        AssertError(run, 7, "node 1 takes its part of a common set, and node 2 brings its own samples");
    }

    [Test]
    public async Task A_node_that_finds_out_that_it_cannot_do_its_part_says_why_and_is_not_waited_for()
    {
        (FinishedProgram run, FinishedProgram[] nodes) = await RunAsync(
            "leaving", ["--dataset", _folder["words"], "--model", "text:20,6,3"], Own("words"), Own("more-words"));
        AssertError(run, 5, "node 2 is lost: it left: the samples do not fit: the model 'text:20,6,3' knows the tokens 0 to 19, and there is a 29");
        Assert.That(nodes.Select(n => n.ExitCode), Is.EqualTo((int[])[0, 4]));
    }

    [Test]
    public async Task A_model_is_not_asked_about_samples_that_are_unlike_those_that_it_was_trained_on()
    {
        string run = _folder["asked"];
        FinishedProgram trained = await RunningCommand.RunOrchestratorAsync(
            "centralized", "--dataset", _folder["numbers"], "--model", "tabular:16,2", "--epochs", "1", "--batch_size", "16", "--output", run, "--threads", "1", "--no-accel");
        Assert.That(trained.ExitCode, Is.Zero, trained.ToString());
        AssertError(await RunningCommand.RunOrchestratorAsync("evaluate", "--model_dir", run, "--dataset", _folder["bytes"]), 7, "the samples of '" + _folder["bytes"] + "' are uint8, pixels, which are scaled, and those of the model's training float32");
        AssertError(await PredictAsync("large"), 7, "are from -250 to 250, and those of the model's training from -1 to 1");
        Assert.That((await PredictAsync("large", "--allow_any_range")).ExitCode, Is.Zero);
        FinishedProgram predicted = await PredictAsync("numbers");
        File.Delete(_folder["numbers", "test_y.npy"]);
        try
        {
            Assert.That((await PredictAsync("numbers")).Output, Is.EqualTo(predicted.Output).And.Length.EqualTo(41), "labels are not looked at");
            AssertError(await RunningCommand.RunOrchestratorAsync("evaluate", "--model_dir", run, "--dataset", _folder["numbers"]), 7, "no test files (test_x.npy and test_y.npy)");
        }
        finally
        {
            _folder.WriteNpy("numbers", "test", Numbers(scale: 1, [Width]));
        }

        Task<FinishedProgram> PredictAsync(string data, params string[] more) => RunningCommand.PredictAsync(["--model_dir", run, "--dataset", _folder[data], .. more]);
    }

    private static SampleSet Numbers(double scale, long[] shape)
    {
        float[] values = [.. Enumerable.Range(0, 40 * Width).Select(i => (float)(scale * Math.Sin(i * 0.37)))];
        return new SampleSet(SampleElement.Float32, shape, MemoryMarshal.AsBytes<float>(values).ToArray(), [.. Enumerable.Range(0, 40).Select(i => i % 2)]);
    }

    private static void AssertError(FinishedProgram program, int exitCode, string text)
    {
        Assert.That(program.ExitCode, Is.EqualTo(exitCode), program.ToString());
        Assert.That(program.Errors.Where(e => e.StartsWith("error", StringComparison.Ordinal)), Has.One.Contains(text), program.ToString());
    }

    private string[] Own(string data) => ["--data", _folder[data]];

    private async Task<(FinishedProgram Run, FinishedProgram[] Nodes)> RunAsync(string output, string[] flags, params string[][] nodes)
    {
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync(
            [.. flags, "--num_nodes", $"{nodes.Length}", "--epochs", "1", "--batch_size", "16", "--port", "0", "--output", _folder[output], "--threads", "1", "--no-accel"]);
        string port = $"{await orchestrator.PortAsync()}";
        RunningCommand[] started = [.. nodes.Select((node, i) => RunningCommand.StartNode(
            ["--node_id", $"{i + 1}", "--port", port, "--threads", "1", "--no-accel", "--connect_timeout", "30", .. node]))];
        try
        {
            FinishedProgram run = await orchestrator.EndAsync();
            return (run, await Task.WhenAll(started.Select(n => n.EndAsync())));
        }
        finally
        {
            foreach (RunningCommand node in started)
            {
                await node.DisposeAsync();
            }
        }
    }
}
