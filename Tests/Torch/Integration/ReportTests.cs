using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Runs.Crews;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Orchestration.Training.Methods;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Reports of runs that were done.</summary>
public sealed class ReportTests
{
    private readonly TempFolder _folder = new();
    private readonly List<StudyRow> _rows = [];
    private RunOptions _options = null!;

    [OneTimeSetUp]
    public async Task DoRuns()
    {
        _options = new ClusterOptions { Model = ModelPresets.Create("mlp"), BatchSize = 16 }.NewContext().Options with { Dataset = _folder.WriteDataset(), NumNodes = 3, Epochs = 2 };
        RunOptions fedavg = TrainingMethods.Of(new Algorithm("fedavg")).Adapt(_options with { Algorithm = new Algorithm("fedavg"), Capability = Hello.LocalCapability, Federation = new Federation() });
        foreach (int repetition in new[] { 1, 2 })
        {
            await RunAsync("centralized", _options with { Algorithm = Algorithm.Centralized, Seed = (ulong)repetition }, repetition);
            await RunAsync("fedavg", fedavg with { Seed = (ulong)repetition }, repetition);
        }

        StudyReport.Write(_folder["study"], "a small study", "experiment small.yaml", _rows);
    }

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public void Every_number_of_the_page_is_found_in_the_results()
    {
        Assert.That(ReportedNumbers.MissingIn(_folder["study"]), Is.Empty);
        Assert.That(ReportedNumbers.Page(_folder["study"]).Descendants().Count(e => e.Name.LocalName == "svg"), Is.EqualTo(4), "three curves and the data");
    }

    [Test]
    public void Results_are_what_the_runs_say()
    {
        foreach (Dictionary<string, string> row in ReportedNumbers.OfKind(_folder["study"], "run"))
        {
            JsonNode result = JsonNode.Parse(File.ReadAllBytes(_folder["study", "runs", row["run"], "run.json"]))!["result"]!;
            Assert.That(row["params_sha256"], Is.EqualTo((string)result["params_sha256"]!));
            Assert.That(double.Parse(row["accuracy"], CultureInfo.InvariantCulture), Is.EqualTo((double)result["accuracy"]!), "to the bit");
            Assert.That(row["sent_bytes"], Is.EqualTo(((long)result["sent_bytes"]!).ToString(CultureInfo.InvariantCulture)));
        }

        JsonNode study = JsonNode.Parse(File.ReadAllBytes(_folder["study", "results.json"]))!["studies"]![0]!;
        Assert.That(study["runs"]!.AsArray().Select(r => (string)r!["params_sha256"]!), Is.EqualTo(ReportedNumbers.OfKind(_folder["study"], "run").Select(r => r["params_sha256"])));
        Assert.That(study["groups"]!.AsArray().Select(g => ((int)g!["done"]!, g["curve"]!.AsArray().Count)), Is.EqualTo(((int, int)[])[(2, 2), (2, 2)]));
    }

    [Test]
    public void A_run_leaves_its_own_report()
    {
        string run = _folder["study", "runs", "fedavg-1"];
        Assert.That(ReportedNumbers.MissingIn(run), Is.Empty);
        string page = File.ReadAllText(Path.Combine(run, "report.html"));
        Assert.That(page, Does.Contain("What each node said of itself").And.Contain("Loss over epochs").And.Contain("Learning rate over epochs").And.Contain("round_robin"));
        int[] samples = [.. ReportedNumbers.OfKind(run, "data").Where(r => r["node"].Length > 0 && r["class"].Length == 0).Select(r => int.Parse(r["samples"], CultureInfo.InvariantCulture))];
        JsonArray nodes = JsonNode.Parse(File.ReadAllBytes(Path.Combine(run, "run.json")))!["nodes"]!.AsArray();
        Assert.That(samples, Is.EqualTo(nodes.Select(n => (int)n!["samples"]!)), "what the nodes say that they hold");
    }

    [Test]
    public async Task The_command_makes_the_same_report_again_and_two_side_by_side()
    {
        string study = _folder["study"];
        byte[] page = await File.ReadAllBytesAsync(Path.Combine(study, "report.html"));
        FinishedProgram again = await RunningCommand.RunOrchestratorAsync("report", study, "--output", _folder["again"]);
        Assert.That((again.ExitCode, again.Output[^1]), Is.EqualTo((0, $"report: {_folder["again", "report.html"]}")), again.ToString());
        Assert.That(await File.ReadAllBytesAsync(_folder["again", "report.html"]), Is.EqualTo(page));
        FinishedProgram two = await RunningCommand.RunOrchestratorAsync("report", study, _folder["study", "runs", "fedavg-2"], "--output", _folder["two"]);
        Assert.That(two.ExitCode, Is.Zero, two.ToString());
        Assert.That(ReportedNumbers.MissingIn(_folder["two"]), Is.Empty);
    }

    [Test]
    public async Task Folders_without_anything_to_report_are_an_error_of_one_line()
    {
        Directory.CreateDirectory(_folder["empty"]);
        foreach (string wrong in new[] { _folder["nowhere"], _folder["empty"] })
        {
            FinishedProgram refused = await RunningCommand.RunOrchestratorAsync("report", wrong);
            Assert.That((refused.ExitCode, refused.Errors.Length), Is.EqualTo((2, 1)), refused.ToString());
            Assert.That(refused.Errors[0], Does.Contain(wrong));
        }
    }

    [Test]
    public async Task A_report_that_cannot_be_written_does_not_fail_the_run()
    {
        Directory.CreateDirectory(_folder["blocked", "report.html"]);
        using var log = new CapturedLog();
        using RunFolder folder = RunFolder.Create(_folder["blocked"]);
        var request = new RunRequest(_options with { Algorithm = Algorithm.Centralized, Epochs = 1 }, folder);
        var logger = new OrchestratorLog(log.Logger("orchestrator"));
        RunReport.Write(folder, await new RunExecutor(new PlainProgressView(TextWriter.Null), logger).RunAsync(request, CancellationToken.None), logger);
        Assert.That(File.Exists(_folder["blocked", "run.json"]), Is.True);
        Assert.That(log.Count("[1052] the run has ended, but its report is not written"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_comparison_has_the_same_report()
    {
        using var runs = new CompareRuns();
        Assert.That(await runs.RunAsync("compared", ["--algorithms", "centralized,tl", "--epochs", "1"]), Is.Zero);
        Assert.That(ReportedNumbers.MissingIn(runs["compared"]), Is.Empty);
        Assert.That(
            ReportedNumbers.OfKind(runs["compared"], "run").Select(r => r["params_sha256"]), Is.EqualTo(runs.Runs("compared").Select(r => (string)r["params_sha256"]!)));
    }

    private async Task RunAsync(string algorithm, RunOptions options, int repetition)
    {
        string name = $"{algorithm}-{repetition}";
        using RunFolder folder = RunFolder.Create(_folder["study", "runs", name]);
        await using var nodes = new HostedNodes(options, NullLogger.Instance);
        string[] arguments = ["--algorithm", algorithm, "--num_nodes", "3", "--dataset", options.Dataset];
        var request = new RunRequest(options, folder) { Arguments = arguments, Nodes = options.Algorithm == Algorithm.Centralized ? null : nodes };
        var log = new OrchestratorLog(NullLogger.Instance);
        RunReport.Write(folder, await new RunExecutor(new PlainProgressView(TextWriter.Null), log).RunAsync(request, CancellationToken.None), log);
        var settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["algorithm"] = algorithm };
        _rows.Add(new StudyRow(new StudyRun(name, settings, repetition, arguments), StudyRunState.Done) { Folder = folder.Path, Attempts = 1, Epochs = 2 });
    }
}
