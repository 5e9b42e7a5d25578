using TraversalLearning.Hosting;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Tests.Support;
using TraversalLearning.Tests.Torch.Checkpoints;
using TraversalLearning.Tests.Torch.Models;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>A run that was interrupted, wherever, and goes on from its checkpoint ends with the bytes of one that was not.</summary>
public sealed class ResumeTests
{
    // 60 samples in batches of 8: eight steps an epoch, the last of four rows.
    private const int Epochs = 3;
    private const int StepsPerEpoch = 8;

    private TempFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new TempFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public async Task Centralized_training_goes_on_with_the_very_next_batch(
        [ValueSource(typeof(ModelStateTests), nameof(ModelStateTests.Optimizers))] OptimizerSettings optimizer)
    {
        ClusterOptions options = new() { Optimizer = optimizer };
        string? whole = await UndisturbedAsync(options);
        foreach (int stop in new[] { 1, 7, 8, 9, 20, 23 })
        {
            string folder = NewFolder($"stop-{stop}");
            await InterruptAsync(() => Runs.CentralAsync(options, folder, Epochs, stopAfter: stop));
            Assert.That(new CheckpointStore(folder).Steps[0], Is.EqualTo(stop));
            RunOutcome resumed = await Runs.CentralAsync(options, folder, Epochs);
            Assert.That(resumed.Hash, Is.EqualTo(whole), $"stopped after {stop}");
            Assert.That(Rows(folder), Is.EqualTo(Rows(_folder["whole"])), $"stopped after {stop}");
        }
    }

    [Test]
    public async Task Traversal_learning_goes_on_with_the_very_next_batch([Values(3, 8, 19)] int stop, [Values(Exchange.TwoPhase, Exchange.Blind)] Exchange exchange)
    {
        ClusterOptions options = new() { Exchange = exchange };
        string? whole = (await Runs.NetworkedAsync(options, NewFolder("whole"), Epochs)).Hash;
        string folder = NewFolder("stopped");
        await InterruptAsync(() => Runs.NetworkedAsync(options, folder, Epochs, stopAfter: stop));
        Assert.That((await Runs.NetworkedAsync(options, folder, Epochs)).Hash, Is.EqualTo(whole));
        Assert.That(Rows(folder), Is.EqualTo(Rows(_folder["whole"])));
    }

    [Test]
    public async Task A_blind_run_whose_key_no_node_has_any_more_says_so()
    {
        ClusterOptions options = new() { Exchange = Exchange.Blind };
        string folder = NewFolder("stopped");
        await InterruptAsync(() => Runs.NetworkedAsync(options, folder, Epochs, stopAfter: 3));
        Directory.Delete(Path.Combine(folder, "nodes", "node-1"), recursive: true);
        await InterruptAsync(() => Runs.NetworkedAsync(options, folder, Epochs, stopAfter: 3));
        Directory.Delete(Path.Combine(folder, "nodes"), recursive: true);
        UserErrorException? error = await Assert.ThrowsAsync<UserErrorException>(() => Runs.NetworkedAsync(options, folder, Epochs));
        Assert.That(error!.Message, Does.Contain("no node has the key of this run").And.Contains("--state_dir"));
    }

    [TestCaseSource(typeof(LearningRateScheduleTests), nameof(LearningRateScheduleTests.EveryKind))]
    public async Task Whatever_the_schedule_a_resumed_run_ends_with_the_same_bytes(ScheduleSettings schedule, int epochs)
    {
        ClusterOptions options = new() { Optimizer = new OptimizerSettings { Schedule = schedule } };
        string? whole = (await Runs.CentralAsync(options, NewFolder("whole"), epochs)).Hash;
        foreach (int stop in new[] { 7, 8, 21 })
        {
            string folder = NewFolder($"stop-{stop}");
            await InterruptAsync(() => Runs.CentralAsync(options, folder, epochs, stopAfter: stop));
            Assert.That((await Runs.CentralAsync(options, folder, epochs)).Hash, Is.EqualTo(whole), $"stopped after {stop}");
            Assert.That(Rows(folder), Is.EqualTo(Rows(_folder["whole"])), $"stopped after {stop}");
        }

        string? traversal = (await Runs.NetworkedAsync(options, NewFolder("tl"), epochs)).Hash;
        string stopped = NewFolder("tl-stopped");
        await InterruptAsync(() => Runs.NetworkedAsync(options, stopped, epochs, stopAfter: 11));
        Assert.That((await Runs.NetworkedAsync(options, stopped, epochs)).Hash, Is.EqualTo(traversal));
    }

    [Test]
    public async Task A_run_interrupted_at_every_step_ends_all_the_same()
    {
        ClusterOptions options = new() { Optimizer = new OptimizerSettings(OptimizerKind.Adam) };
        string? whole = await UndisturbedAsync(options);
        string folder = NewFolder("often");
        for (int step = 1; step < Epochs * StepsPerEpoch; step++)
        {
            await InterruptAsync(() => Runs.CentralAsync(options, folder, Epochs, stopAfter: 1));
        }

        Assert.That((await Runs.CentralAsync(options, folder, Epochs)).Hash, Is.EqualTo(whole));
        Assert.That(Rows(folder), Is.EqualTo(Rows(_folder["whole"])));
    }

    [Test]
    public async Task Checkpoints_come_when_they_are_due([Values(0, 3, 8)] int every)
    {
        string folder = NewFolder("due");
        using var log = new CapturedLog();
        await Runs.CentralAsync(new ClusterOptions(), folder, Epochs, every, keep: 2, log: log.Logger("test"));
        int[] due = [.. Enumerable.Range(1, 24).Where(s => every == 0 ? s % StepsPerEpoch == 0 : s % every == 0 || s == 24)];
        Assert.That(log.Lines.Count(l => l.Contains("[1030]", StringComparison.Ordinal)), Is.EqualTo(due.Length));
        Assert.That(new CheckpointStore(folder).Steps, Is.EqualTo(due.Reverse().Take(2)));
    }

    [Test]
    public async Task A_complete_run_can_be_trained_longer()
    {
        ClusterOptions options = new();
        string? whole = await UndisturbedAsync(options);
        string folder = NewFolder("longer");
        await Runs.CentralAsync(options, folder, 1, every: 3);
        Assert.That((await Runs.CentralAsync(options, folder, Epochs)).Hash, Is.EqualTo(whole));
        Assert.That(Rows(folder), Is.EqualTo(Rows(_folder["whole"])));
    }

    [Test]
    public async Task A_damaged_checkpoint_costs_the_steps_since_the_one_before()
    {
        ClusterOptions options = new();
        string? whole = await UndisturbedAsync(options);
        string folder = NewFolder("damaged");
        await InterruptAsync(() => Runs.CentralAsync(options, folder, Epochs, every: 4, stopAfter: 14));
        string state = Path.Combine(folder, "checkpoints", "step-000014", "state.safetensors");
        await using (FileStream file = File.OpenWrite(state))
        {
            file.SetLength(file.Length / 2);
        }

        using var log = new CapturedLog();
        Assert.That((await Runs.CentralAsync(options, folder, Epochs, log: log.Logger("test"))).Hash, Is.EqualTo(whole));
        Assert.That(log.Lines.Single(l => l.Contains("[1033]", StringComparison.Ordinal)), Does.Contain("step-000014").And.Contains("state.safetensors"));
        Assert.That(log.Lines.Single(l => l.Contains("[1035]", StringComparison.Ordinal)), Does.Contain("step-000012"));
    }

    [Test]
    public async Task A_checkpoint_that_cannot_be_written_is_warned_of_and_training_goes_on()
    {
        ClusterOptions options = new();
        string? whole = await UndisturbedAsync(options);
        string folder = NewFolder("full");
        await InterruptAsync(() => Runs.CentralAsync(options, folder, Epochs, every: 4, stopAfter: 9));

        // A file where the folder should be: nobody's rights get around that.
        string obstacle = Path.Combine(folder, "checkpoints", "unfinished");
        await File.WriteAllTextAsync(obstacle, "in the way");
        using var log = new CapturedLog();
        RunOutcome outcome = await Runs.CentralAsync(options, folder, Epochs, every: 4, log: log.Logger("test"));
        Assert.That(outcome.Hash, Is.EqualTo(whole));
        Assert.That(log.Count("[1031]"), Is.EqualTo(5), "at 12, 16, 20, 24 and once more in the end");
        Assert.That(new CheckpointStore(folder).Steps, Is.EqualTo((int[])[9, 8, 4]), "those from before are all there");
        File.Delete(obstacle);
        Assert.That((await Runs.CentralAsync(options, folder, Epochs)).Hash, Is.EqualTo(whole));
    }

    private static async Task InterruptAsync(Func<Task<RunOutcome>> run) =>
        await Assert.ThatAsync(run, Throws.InstanceOf<OperationCanceledException>());

    /// <summary>What metrics.csv says but for times.</summary>
    private static string[] Rows(string folder) => [.. File.ReadAllLines(Path.Combine(folder, "metrics.csv")).Select(r => string.Join(',', r.Split(',')[..9]))];

    private async Task<string?> UndisturbedAsync(ClusterOptions options) => (await Runs.CentralAsync(options, NewFolder("whole"), Epochs)).Hash;

    private string NewFolder(string name) => Directory.CreateDirectory(_folder[name]).FullName;
}
