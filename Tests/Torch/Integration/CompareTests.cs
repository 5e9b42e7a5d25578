using System.Globalization;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Training.Methods;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary><c>compare</c> with nodes in this process: what it leaves, and what becomes of runs that fail or are there already.</summary>
public sealed class CompareTests
{
    private static readonly string[] Algorithms = ["centralized", "tl", "fedavg", "fedprox:0.01"];
    private static readonly string[] Numbers = ["accuracy", "macro_f1", "auc", "loss", "sent_bytes", "received_bytes", "seconds", "steps"];
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private readonly CompareRuns _runs = new();

    [OneTimeSetUp]
    public async Task CompareAsync() => Assert.That(
        await _runs.RunAsync(
            "whole",
            ["--algorithms", string.Join(',', Algorithms), "--epochs", "2", "--repetitions", "2", "--dtype", "float64", "--partition", "dirichlet:0.3", "--seed", "5"]),
        Is.Zero);

    [OneTimeTearDown]
    public void Clean() => _runs.Dispose();

    [Test]
    public void Every_repetition_has_a_seed_that_all_algorithms_share()
    {
        var seeds = _runs.Runs("whole").Select(r => (Algorithm(r), (int)r["repetition"]!, (string)r["options"]!["seed"]!, (string)r["options"]!["partition_seed"]!));
        Assert.That(seeds, Is.EqualTo(Enumerable.Range(1, 2).SelectMany(r => Algorithms.Select(a => (a, r, $"{4 + r}", $"{r}")))));
        Assert.That(_runs.Hashes("whole").Values, Is.Unique, "repetitions differ");
    }

    [Test]
    public void Csv_json_and_the_runs_own_folders_say_the_same()
    {
        IReadOnlyList<Dictionary<string, string>> csv = ReportedNumbers.OfKind(_runs["whole"], "run");
        JsonNode[] runs = _runs.Runs("whole");
        Assert.That(csv, Has.Count.EqualTo(runs.Length));
        foreach ((Dictionary<string, string> row, JsonNode run) in csv.Zip(runs))
        {
            string folder = (string)run["name"]!;
            JsonNode result = JsonNode.Parse(File.ReadAllBytes(_runs["whole", folder, "run.json"]))!["result"]!;
            foreach (string number in Numbers)
            {
                double expected = result[number]!.GetValue<double>();
                Assert.That(run["result"]![number]!.GetValue<double>(), Is.EqualTo(expected), $"{folder} {number}");
                Assert.That(double.Parse(row[number], CultureInfo.InvariantCulture), Is.EqualTo(expected), $"{folder} {number}");
            }

            Assert.That((row["run"], row["set_algorithm"], row["state"], row["params_sha256"]), Is.EqualTo((folder, Algorithm(run), "done", (string)result["params_sha256"]!)));
        }
    }

    [Test]
    public void Means_and_deviations_are_those_of_the_runs()
    {
        JsonNode[] runs = _runs.Runs("whole");
        foreach ((string algorithm, JsonNode group) in _runs.Groups("whole"))
        {
            double[] values = [.. runs.Where(r => Algorithm(r) == algorithm).Select(r => (double)r["result"]!["loss"]!)];
            JsonNode loss = group["result"]!["loss"]!;
            Assert.That((double)loss["mean"]!, Is.EqualTo((values[0] + values[1]) / 2).Within(1e-15));

            // Of two values, over n − 1.
            Assert.That((double)loss["sd"]!, Is.EqualTo(Math.Abs(values[0] - values[1]) / Math.Sqrt(2)).Within(1e-12));
        }
    }

    [Test]
    public void Traversal_learning_is_said_to_equal_centralized_training_and_averaging_not()
    {
        Dictionary<string, JsonNode> groups = _runs.Groups("whole");
        Assert.That(
            _runs.Runs("whole").Where(r => Algorithm(r) == "tl").Select(r => (double)r["result"]!["max_rel_param_diff"]!), Has.Exactly(2).Positive.And.All.LessThan(1e-9));
        Assert.That(Algorithms.Select(a => (bool?)groups[a]["equals_centralized"]), Is.EqualTo((bool?[])[null, true, false, false]));
        string markdown = File.ReadAllText(_runs["whole", "compare.md"]);
        Assert.That(markdown, Does.Match(@"\| tl \| 2 \|.* \| equal \|").And.Match(@"\| fedavg \| 2 \|.* \| no \|"));
        Assert.That(markdown, Does.StartWith("```\ndotnet run -c Release --project Orchestrator -- compare --algorithms centralized,tl,fedavg,fedprox:0.01 "));
        Assert.That(markdown, Does.Not.Contain("--output"));
    }

    [Test]
    public void At_equal_bytes_the_dear_one_has_nothing_to_show()
    {
        long budget = (long)_runs.Report("whole")["equal_bytes"]!;
        JsonNode[] averaging = [.. _runs.Runs("whole").Where(r => Algorithm(r) == "fedavg").Select(r => r["result"]!)];
        Assert.That(averaging.Select(r => (double)r["sent_bytes"]! + (double)r["received_bytes"]!), Has.All.EqualTo((double)budget).Within(0.1).Percent);
        Dictionary<string, JsonNode> groups = _runs.Groups("whole");
        Assert.That(groups["tl"]["at_equal_bytes"], Is.Null);
        JsonNode at = groups["fedavg"]["at_equal_bytes"]!;
        Assert.That((double)at["epochs"]!["mean"]!, Is.EqualTo(2));
        Assert.That((double)at["loss"]!["mean"]!, Is.EqualTo(averaging.Average(r => (double)r["loss"]!)).Within(1e-12));
    }

    [Test]
    public void Charts_have_a_line_for_each_algorithm()
    {
        Assert.That(Lines("epochs.svg"), Is.EqualTo(Algorithms));
        Assert.That(Lines("bytes.svg"), Is.EqualTo(Algorithms[1..]), "centralized training spends none");

        string[] Lines(string chart) => [.. XDocument.Load(_runs["whole", chart]).Root!.Elements(Svg + "g").Select(g => g.Element(Svg + "title")!.Value)];
    }

    [Test]
    public async Task A_run_alone_by_the_printed_commands_ends_with_the_same_hash([ValueSource(nameof(Algorithms))] string algorithm)
    {
        JsonNode run = _runs.Runs("whole").Last(r => Algorithm(r) == algorithm);
        string output = _runs[$"alone-{algorithm.Replace(':', '-')}"];
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync([.. Words(run["command"]), "--output", output, "--port", "0"]);
        await using RunningCommand? nodes = run["node_command"] is { } command ? RunningCommand.StartNode([.. Words(command), "--port", $"{await orchestrator.PortAsync()}"]) : null;
        FinishedProgram alone = await orchestrator.EndAsync();
        Assert.That(alone.ExitCode, Is.Zero, alone.ToString());
        Assert.That(alone.Hash, Is.EqualTo((string)run["params_sha256"]!));

        static string[] Words(JsonNode? command) => ((string)command!).Split(" -- ")[1].Split(' ');
    }

    [Test]
    public async Task What_is_complete_is_not_done_again_and_more_can_be_added()
    {
        string[] flags = ["--algorithms", "centralized,tl", "--epochs", "1"];
        await _runs.RunAsync("grows", flags);
        Dictionary<string, string?> before = _runs.Hashes("grows");
        DateTime written = File.GetLastWriteTimeUtc(_runs["grows", "tl-seed-1", "run.json"]);
        await _runs.RunAsync("grows", ["--algorithms", "centralized,tl,fedsgd", "--epochs", "1", "--repetitions", "2"]);
        Assert.That(_runs.Hashes("grows"), Is.SupersetOf(before).And.Count.EqualTo(6));
        Assert.That(File.GetLastWriteTimeUtc(_runs["grows", "tl-seed-1", "run.json"]), Is.EqualTo(written));

        UserErrorException error = (await Assert.ThrowsAsync<UserErrorException>(() => _runs.RunAsync("grows", [.. flags, "--lr", "0.5"])))!;
        Assert.That(error.ExitCode, Is.EqualTo(ExitCode.Usage));
        Assert.That(error.Message, Does.Contain("other flags").And.Contain("--output"));
    }

    [Test]
    public async Task An_algorithm_that_fails_is_reported_and_the_others_go_on()
    {
        // With μ · lr far above 2 the pull towards θ overshoots, further with each local step.
        string[] flags = ["--algorithms", "fedprox:1000,centralized,tl", "--epochs", "1", "--optimizer", "sgd", "--lr", "0.1", "--local_epochs", "20"];
        for (int attempt = 1; attempt <= 2; attempt++)
        {
            UserErrorException error = (await Assert.ThrowsAsync<UserErrorException>(() => _runs.RunAsync("fails", flags)))!;
            Assert.That(error.ExitCode, Is.EqualTo(ExitCode.TrainingFailed));
            Assert.That(error.Message, Does.StartWith("1 of 3 runs failed").And.Contain("--output"));
            JsonNode[] runs = _runs.Runs("fails");
            Assert.That(runs.Select(r => r["failure"] is not null), Is.EqualTo((bool[])[true, false, false]));
            Assert.That(runs[1]["params_sha256"], Is.Not.Null);
            string reason = (string)runs[0]["failure"]!;
            Assert.That(reason, Is.Not.Empty);
            string markdown = await File.ReadAllTextAsync(_runs["fails", "compare.md"]);
            Assert.That(markdown, Does.Contain($"Failed: fedprox:1000, seed 1: {reason}").And.Contain("| fedprox:1000 | 0 of 1 | — |"));
            Dictionary<string, string> row = ReportedNumbers.OfKind(_runs["fails"], "run")[0];
            Assert.That((row["run"], row["state"], row["failure"], row["accuracy"]), Is.EqualTo(("fedprox-1000-seed-1", "failed", reason, string.Empty)));
        }
    }

    [Test]
    public async Task Every_method_that_there_is_can_be_compared()
    {
        string[] all = ["centralized", .. TrainingMethods.All.Select(m => m.Parameter is { } p ? $"{m.Name}:{p.Example.ToString(CultureInfo.InvariantCulture)}" : m.Name)];

        // Each flag goes to those that take it.
        string[] flags = ["--algorithms", string.Join(',', all), "--epochs", "1", "--local_epochs", "2", "--select", "all", "--topology", "complete", "--topology_seed", "7"];
        Assert.That(await _runs.RunAsync("methods", flags), Is.Zero);
        Assert.That(_runs.Runs("methods").Select(Algorithm), Is.EqualTo(all));
        Assert.That(_runs.Hashes("methods").Values, Has.None.Null);
    }

    [Test]
    public async Task A_model_whose_sizes_are_those_of_tables_is_compared_and_found_again()
    {
        string[] flags = ["--dataset", _runs.WriteTable(), "--model", "tabular", "--algorithms", "centralized,tl", "--epochs", "2", "--dtype", "float64"];
        Assert.That(await _runs.RunAsync("tables", flags), Is.Zero);
        Dictionary<string, string?> hashes = _runs.Hashes("tables");
        Assert.That((bool)_runs.Groups("tables")["tl"]["equals_centralized"]!, Is.True);

        // Complete; and then, without its summary, one that goes on from its last checkpoint.
        Assert.That(await _runs.RunAsync("tables", flags), Is.Zero);
        File.Delete(_runs["tables", "tl-seed-1", "run.json"]);
        Assert.That(await _runs.RunAsync("tables", flags), Is.Zero);
        Assert.That(_runs.Hashes("tables"), Is.EquivalentTo(hashes));
    }

    [Test]
    public void A_cancelled_comparison_ends_with_its_run()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.That(
            () => _runs.RunAsync("cancelled", ["--algorithms", "tl", "--epochs", "1"], cancelled.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(File.Exists(_runs["cancelled", "study.json"]), Is.False);
    }

    private static string Algorithm(JsonNode run) => (string)run["settings"]!["algorithm"]!;
}
