using TraversalLearning.Models.Optimizers;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Training.Steps;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Runs that a rule ends: where they end, what they leave, and that an interruption changes neither.</summary>
internal sealed class StopRulesTests
{
    private const int Epochs = 6;

    // 8 batches an epoch.
    private static readonly ClusterOptions Options = new() { Type = ElementType.Float64, Optimizer = new OptimizerSettings(OptimizerKind.Adam, 0.01) };

    private readonly TempFolder _folder = new();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task A_run_that_ends_within_an_epoch_is_evaluated_and_leaves_all_that_others_leave([Values] bool networked)
    {
        ClusterOptions options = Options with { Stop = new StopRules { Rounds = 19 } };
        string folder = NewFolder();
        RunOutcome run = networked ? await Runs.NetworkedAsync(options, folder, Epochs) : await Runs.CentralAsync(options, folder, Epochs);

        Assert.That((run.StoppedBy, run.Progress.Steps, run.Progress.Epoch, run.Progress.NextBatch), Is.EqualTo(("rounds", 19, 4, 0)));
        Assert.That(run.Evaluation!.Value.Loss, Is.GreaterThan(0));
        string[][] rows = [.. File.ReadAllLines(Path.Combine(folder, "metrics.csv")).Skip(1).Select(l => l.Split(',')).Where(r => r[0] == "epoch")];
        Assert.That(rows.Select(r => r[1]), Is.EqualTo((string[])["1", "2", "3"]));
        Assert.That(File.Exists(Path.Combine(folder, "model.safetensors")), Is.True);
    }

    [Test]
    public async Task A_run_that_is_interrupted_ends_where_it_would_have_with_the_same_bytes([Values(0, 4)] int every)
    {
        ClusterOptions options = Options with { Stop = new StopRules { Rounds = 19 } };
        RunOutcome expected = await Runs.CentralAsync(options, NewFolder(), Epochs, every);
        foreach (int stop in new[] { 1, 8, 12, 18 })
        {
            string folder = NewFolder();
            Assert.That(async () => await Runs.CentralAsync(options, folder, Epochs, every, stopAfter: stop), Throws.InstanceOf<OperationCanceledException>());
            RunOutcome resumed = await Runs.CentralAsync(options, folder, Epochs, every);
            Assert.That((resumed.Hash, resumed.Progress, resumed.StoppedBy), Is.EqualTo((expected.Hash, expected.Progress, "rounds")), $"interrupted after {stop}");
        }
    }

    [Test]
    public async Task A_run_that_has_been_ended_is_not_trained_further()
    {
        ClusterOptions options = Options with { Stop = new StopRules { Rounds = 19 } };
        string folder = NewFolder();
        RunOutcome run = await Runs.CentralAsync(options, folder, Epochs);
        RunOutcome again = await Runs.CentralAsync(options, folder, Epochs + 5, stopAfter: 0);
        Assert.That((again.Hash, again.Evaluation, again.StoppedBy), Is.EqualTo((run.Hash, run.Evaluation, "rounds")));
    }

    [Test]
    public async Task An_evaluation_that_was_interrupted_is_done_again_and_nothing_else()
    {
        ClusterOptions options = Options with { Stop = new StopRules { Rounds = 11 }, ValidationFraction = 0.3 };
        RunOutcome expected = await Runs.CentralAsync(options, NewFolder(), Epochs);
        string folder = NewFolder();
        int validations = 0;
        Validator Cancelled(Validator validate) => (epoch, token) => ++validations == 2 ? throw new OperationCanceledException() : validate(epoch, token);
        Assert.That(async () => await Runs.CentralAsync(options, folder, Epochs, around: Cancelled), Throws.InstanceOf<OperationCanceledException>());
        RunOutcome resumed = await Runs.CentralAsync(options, folder, Epochs, stopAfter: 0);
        Assert.That((resumed.Hash, resumed.Progress), Is.EqualTo((expected.Hash, expected.Progress)));
    }

    [Test]
    public async Task Accuracy_and_loss_end_a_run_after_the_first_epoch_that_has_them()
    {
        string whole = NewFolder();
        Assert.That((await Runs.CentralAsync(Options, whole, Epochs)).StoppedBy, Is.Null);
        double[] losses = Column(whole, "test_loss"), accuracies = Column(whole, "test_accuracy");
        double enough = accuracies.Max();

        RunOutcome byLoss = await Runs.CentralAsync(Options with { Stop = new StopRules { Loss = losses[2] } }, NewFolder(), Epochs);
        Assert.That((byLoss.StoppedBy, byLoss.Progress.Epoch - 1), Is.EqualTo(("loss", Array.FindIndex(losses, l => l <= losses[2]) + 1)));
        RunOutcome byAccuracy = await Runs.CentralAsync(Options with { Stop = new StopRules { Accuracy = enough } }, NewFolder(), Epochs);
        Assert.That((byAccuracy.StoppedBy, byAccuracy.Progress.Epoch - 1), Is.EqualTo(("accuracy", Array.IndexOf(accuracies, enough) + 1)));
    }

    [Test]
    public async Task Bytes_and_seconds_end_a_run_after_the_round_that_spends_them()
    {
        RunOutcome byBytes = await Runs.NetworkedAsync(Options with { Stop = new StopRules { Bytes = 1 } }, NewFolder(), Epochs);
        Assert.That((byBytes.StoppedBy, byBytes.Progress.Steps), Is.EqualTo(("bytes", 1)));
        RunOutcome bySeconds = await Runs.CentralAsync(Options with { Stop = new StopRules { Seconds = double.Epsilon } }, NewFolder(), Epochs);
        Assert.That((bySeconds.StoppedBy, bySeconds.Progress.Steps), Is.EqualTo(("seconds", 1)));
    }

    [Test]
    public async Task Patience_is_a_rule_like_the_others()
    {
        ClusterOptions options = Options with { Optimizer = new OptimizerSettings(OptimizerKind.Adam, 0.5), EarlyStopping = new EarlyStopping(1, 100, RestoreBest: false) };
        RunOutcome run = await Runs.CentralAsync(options, NewFolder(), Epochs);
        Assert.That((run.StoppedBy, run.Progress.StoppedBy), Is.EqualTo(("patience", (string?)null)));
    }

    private static double[] Column(string folder, string name)
    {
        string[][] rows = [.. File.ReadAllLines(Path.Combine(folder, "metrics.csv")).Select(l => l.Split(','))];
        int column = Array.IndexOf(rows[0], name);
        return [.. rows.Skip(1).Where(r => r[0] == "epoch").Select(r => double.Parse(r[column]))];
    }

    private string NewFolder() => Directory.CreateDirectory(_folder[Guid.NewGuid().ToString("N")]).FullName;
}
