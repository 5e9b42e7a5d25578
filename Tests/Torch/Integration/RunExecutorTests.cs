using Microsoft.Extensions.Logging.Abstractions;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Runs.Crews;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Orchestration.Training.Methods;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Runs without a command line, and who watches them.</summary>
public sealed class RunExecutorTests
{
    private readonly TempFolder _folder = new();
    private readonly CapturedLog _log = new();
    private RunOptions _options = null!;

    [OneTimeSetUp]
    public void WriteData() => _options = new ClusterOptions { Model = ModelPresets.Create("mlp"), BatchSize = 16 }.NewContext().Options with
    {
        Dataset = _folder.WriteDataset(),
        NumNodes = 3,
        Epochs = 2,
    };

    [OneTimeTearDown]
    public void Clean()
    {
        _log.Dispose();
        _folder.Dispose();
    }

    [Test]
    public async Task Observers_see_every_node_round_aggregation_and_epoch_and_the_run_folder_too()
    {
        var seen = new List<string>();
        await RunAsync("fedavg", TrainingMethods.Of(new Algorithm("fedavg")).Adapt(Federated()), events => events.Subscribe(static _ => true, e => seen.Add(e.GetType().Name)));
        Assert.That(seen.Count(e => e == nameof(NodeJoined)), Is.EqualTo(3));
        string[] epoch = [nameof(EpochStarted), nameof(AggregationCompleted), nameof(RoundCompleted), nameof(RoundsCompleted), nameof(EpochCompleted), nameof(CheckpointSaved)];
        Assert.That(seen.Where(e => e != nameof(NodeJoined)), Is.EqualTo((string[])[nameof(RunStarted), .. epoch, .. epoch, nameof(RunCompleted)]));
        Assert.That(File.ReadAllLines(_folder["fedavg", "events.jsonl"]), Has.Length.EqualTo(seen.Count(e => e is not (nameof(EpochStarted) or nameof(RoundsCompleted)))));
    }

    [Test]
    public async Task A_node_that_is_lost_and_comes_back_is_told_of_and_its_farewell_is_not()
    {
        var seen = new List<string>();
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var back = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        IDisposable observing;
        await using (var cluster = new TestCluster(new ClusterOptions()))
        {
            observing = cluster.Events.Subscribe(static e => e is NodeJoined or NodeLost, Observe);
            await cluster.StartInOrderAsync(1, 2, 3);
            await cluster.KillNodeAsync(2);
            await lost.Task.WaitAsync(cluster.Deadline);
            cluster.StartNode(2);
            await back.Task.WaitAsync(cluster.Deadline);
            await cluster.Session.FinishAsync("the test is over");
        }

        observing.Dispose();
        Assert.That(seen, Is.EqualTo((string[])["1 joined", "2 joined", "3 joined", "2 lost", "2 joined"]));

        void Observe(RunEvent runEvent)
        {
            seen.Add(runEvent is NodeLost e ? $"{e.NodeId} lost" : $"{((NodeJoined)runEvent).NodeId} joined");
            (runEvent is NodeLost ? lost : seen.Count == 5 ? back : null)?.TrySetResult();
        }
    }

    [Test]
    public async Task What_an_observer_throws_is_logged_and_changes_nothing()
    {
        RunOptions options = _options with { Algorithm = Algorithm.Centralized };
        RunResult quiet = await RunAsync("quiet", options, static _ => { });
        RunResult watched = await RunAsync(
            "watched", options, static events => events.Subscribe(static e => e is RoundCompleted, static _ => throw new InvalidOperationException("it does not like that")));
        Assert.That(watched.Outcome.Hash, Is.EqualTo(quiet.Outcome.Hash));
        Assert.That(watched.Outcome.Progress.Steps, Is.EqualTo(20));
        Assert.That(_log.Count("[1051] an observer of the run failed: it does not like that"), Is.EqualTo(3), "and not for every round");
    }

    [Test]
    public async Task Nodes_of_a_run_that_a_defect_ends_are_told()
    {
        using RunFolder folder = RunFolder.Create(_folder["defect"]);
        using var nodesLog = new CapturedLog();
        await using var nodes = new HostedNodes(_options, nodesLog.Logger("node"));
        var request = new RunRequest(_options, folder) { Nodes = nodes, Gate = static (_, _) => throw new InvalidOperationException("nobody expected that") };
        var executor = new RunExecutor(new PlainProgressView(TextWriter.Null), new OrchestratorLog(_log.Logger("orchestrator")));
        Assert.That(async () => await executor.RunAsync(request, CancellationToken.None), Throws.InvalidOperationException.With.Message.EqualTo("nobody expected that"));
        Assert.That(nodesLog.Count("training ended early"), Is.EqualTo(3));
    }

    private RunOptions Federated() => _options with { Algorithm = new Algorithm("fedavg"), Capability = Hello.LocalCapability, Federation = new Federation() };

    private async Task<RunResult> RunAsync(string name, RunOptions options, Action<RunEvents> observe)
    {
        using RunFolder folder = RunFolder.Create(_folder[name]);
        var log = new OrchestratorLog(_log.Logger("orchestrator"));
        var events = new RunEvents(log.ObserverFailed);
        observe(events);
        await using var nodes = new HostedNodes(options, NullLogger.Instance);
        var request = new RunRequest(options, folder) { Events = events, Nodes = options.Algorithm == Algorithm.Centralized ? null : nodes };
        return await new RunExecutor(new PlainProgressView(TextWriter.Null), log).RunAsync(request, CancellationToken.None);
    }
}
