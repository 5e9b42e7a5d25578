using System.Globalization;
using Tensorboard;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Observe.Telemetry;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>What a run leaves for TensorBoard, read back from its files.</summary>
internal sealed class TensorBoardTests
{
    private const int StepsPerEpoch = 10;

    private readonly TempFolder _folder = new();
    private string _data = string.Empty;

    [OneTimeSetUp]
    public void WriteData() => _data = _folder.WriteDataset();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task A_run_writes_its_figures_by_step_and_a_resumed_run_goes_on_beside_them()
    {
        FinishedProgram run = await RunAsync("run", "--epochs", "2", "--tensorboard", _folder["board"], "--validation_fraction", "0.1", "--gamma", "0.5");
        Assert.That(run.ExitCode, Is.Zero, run.ToString());
        AssertIsMetrics("run", epochs: 2, files: 1);

        FinishedProgram resumed = await RunningCommand.RunOrchestratorAsync("centralized", "--resume", _folder["run"], "--epochs", "3");
        Assert.That(resumed.ExitCode, Is.Zero, resumed.ToString());
        AssertIsMetrics("run", epochs: 3, files: 2);
        FinishedProgram without = await RunAsync("without", "--epochs", "3", "--validation_fraction", "0.1", "--gamma", "0.5");
        Assert.That(without.Hash, Is.EqualTo(resumed.Hash), "looking changes nothing");
    }

    [Test]
    public async Task Runs_of_a_comparison_have_a_folder_each()
    {
        FinishedProgram compared = await RunningCommand.RunOrchestratorAsync(
            "compare", "--algorithms", "centralized,fedavg", "--in_process", "--dataset", _data, "--epochs", "1", "--threads", "1", "--no-accel", "--output", _folder["compared"],
            "--tensorboard", _folder["boards"]);
        Assert.That(compared.ExitCode, Is.Zero, compared.ToString());
        string[] runs = [.. Directory.GetDirectories(_folder["boards"]).Order(StringComparer.Ordinal)];
        Assert.That(runs, Has.Length.EqualTo(2));
        Assert.That(runs.Select(r => TensorBoardFiles.Read(r).Count(v => v.Tag == "epoch/test_loss")), Is.EqualTo((int[])[1, 1]));
    }

    [Test]
    public async Task A_folder_that_cannot_be_written_is_said_before_training()
    {
        string file = _folder.Write("taken", [1]);
        FinishedProgram run = await RunAsync("refused", "--tensorboard", Path.Combine(file, "board"));
        Assert.That(run.ExitCode, Is.EqualTo(6), run.ToString());
        Assert.That(run.Errors, Has.Length.EqualTo(1));
        Assert.That(run.Errors[0], Does.Contain(Path.Combine(file, "board")).And.Contains("choose another --tensorboard"));
    }

    [Test]
    public void Numbers_that_are_not_finite_are_written_and_a_folder_that_goes_away_is_a_warning()
    {
        var failures = new List<Exception>();
        using RunFolder runFolder = RunFolder.Create(_folder["unit"]);
        var request = new RunRequest(new ClusterOptions().NewContext().Options, runFolder) { Events = new RunEvents(failures.Add) };
        string board = _folder["unit-board"], ofRun = Path.Combine(board, "unit");
        using IDisposable following = TensorBoardLog.Follow(board, request);
        TrainingProgress progress = TrainingProgress.Start.After(new RoundOutcome(LossSum: double.NaN, Hits: 2, Rows: 4, SkippedRows: 0, Visits: 1));
        void Happen() => request.Events.Publish(new EpochCompleted(progress, new Evaluation(double.PositiveInfinity, 0.75), RunMeters.Zero));

        Happen();
        List<(string Tag, long Step, float Value)> values = TensorBoardFiles.Read(ofRun);
        Assert.That(values, Has.Member(("epoch/train_loss", 1L, float.NaN)).And.Member(("epoch/test_loss", 1L, float.PositiveInfinity)));
        Assert.That(values.Select(v => v.Tag), Has.None.Contains("validation").And.None.Contains("auc"), "there are none");

        Directory.Move(ofRun, ofRun + "-gone");
        File.WriteAllBytes(ofRun, []);
        Happen();
        Assert.That(failures.Single().Message, Does.StartWith($"cannot write to '{ofRun}' for TensorBoard: "));
        File.Delete(ofRun);
        request.Events.Publish(new RoundCompleted(new Round(1, 0), 1, new RoundOutcome(1, 1, 1, 0, 1)));
        Assert.That(Directory.Exists(ofRun), Is.False, "one file an epoch is tried, not one a round");
        Happen();
        Assert.That(failures, Has.Count.EqualTo(1));
        Assert.That(TensorBoardFiles.Read(ofRun), Is.EqualTo(values));
    }

    private static IEnumerable<(string, long, float)> Epochs(string[] columns, IEnumerable<string[]> rows) => rows.SelectMany(row => columns
        .Select((column, i) => (column, i))
        .Where(c => (c.column.StartsWith("train_", StringComparison.Ordinal) || c.column.StartsWith("test_", StringComparison.Ordinal)
            || c.column.StartsWith("validation_", StringComparison.Ordinal) || c.column == "lr") && row[c.i].Length > 0)
        .Select(c => ($"epoch/{c.column}", long.Parse(row[Array.IndexOf(columns, "step")], CultureInfo.InvariantCulture), float.Parse(row[c.i], CultureInfo.InvariantCulture))));

    private void AssertIsMetrics(string run, int epochs, int files)
    {
        string board = _folder["board", run];
        Assert.That(Directory.GetFiles(board), Has.Length.EqualTo(files));
        Event[] events = [.. TensorBoardFiles.Events(File.ReadAllBytes(Directory.GetFiles(board)[0]))];
        Assert.That(events[0].FileVersion, Is.EqualTo("brain.Event:2"));
        Assert.That(events[1..].Select(e => e.WallTime), Is.All.EqualTo(DateTimeOffset.UtcNow.ToUnixTimeSeconds()).Within(600));

        string[][] metrics = [.. File.ReadLines(_folder[run, "metrics.csv"]).Select(l => l.Split(','))];
        List<(string Tag, long Step, float Value)> values = TensorBoardFiles.Read(board);
        (string, long, float)[] expected = [.. Epochs(metrics[0], metrics[1..])];
        Assert.That(expected, Has.Length.GreaterThan(8 * epochs));
        Assert.That(values, Is.SupersetOf(expected));
        Assert.That(
            values.Where(v => v.Tag == "round/train_loss").Select(v => v.Step), Is.EqualTo(Enumerable.Range(1, epochs * (StepsPerEpoch - 1))), "9 batches of 16 rows: a tenth is kept out");
    }

    private Task<FinishedProgram> RunAsync(string output, params string[] flags) => RunningCommand.RunOrchestratorAsync(
        ["centralized", "--dataset", _data, "--batch_size", "16", "--threads", "1", "--no-accel", "--output", _folder[output], .. flags]);
}
