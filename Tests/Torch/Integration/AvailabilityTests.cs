using System.Collections.Concurrent;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Training.Methods;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Devices that are away in a round or fail, as <c>--availability</c> says, for every method that takes it.</summary>
internal sealed class AvailabilityTests
{
    private const int Epochs = 3;

    private static readonly ClusterOptions Base = new()
    {
        Shards = [40, 22, 33], BatchSize = 8, Federation = new Federation { LocalEpochs = 2 }, OnNodeLoss = OnNodeLoss.Skip,
    };

    private static readonly MessageType[] BesideRounds =
    [
        MessageType.Hello, MessageType.Welcome, MessageType.Heartbeat, MessageType.Shutdown, MessageType.IndexRangeQuery, MessageType.IndexRange,
    ];

    private readonly TempFolder _folder = new();

    private static IEnumerable<string> Algorithms =>
        TrainingMethods.All.Where(m => !m.IsDecentralized).Select(m => new Algorithm(m.Name, m.Parameter?.Example).ToString());

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [TestCaseSource(nameof(Algorithms))]
    public async Task What_is_drawn_is_the_same_again_and_after_an_interruption(string algorithm)
    {
        ClusterOptions options = Base with { Algorithm = algorithm, Availability = "{all: p_available=0.6 p_fail=0.3}" };
        RunOutcome expected = await Runs.NetworkedAsync(options, NewFolder(), Epochs);
        Assert.That((await Runs.NetworkedAsync(options with { Order = TraversalOrder.Sequential }, NewFolder(), Epochs)).Hash, Is.EqualTo(expected.Hash), "whoever answers first");
        foreach (int stop in new[] { 1, 2 })
        {
            string folder = NewFolder();
            Assert.That(async () => await Runs.NetworkedAsync(options, folder, Epochs, stopAfter: stop), Throws.InstanceOf<OperationCanceledException>());
            RunOutcome resumed = await Runs.NetworkedAsync(options, folder, Epochs);
            Assert.That((resumed.Hash, resumed.Progress), Is.EqualTo((expected.Hash, expected.Progress)), $"interrupted after {stop}");
        }

        Assert.That((await Runs.NetworkedAsync(options with { Availability = null }, NewFolder(), Epochs)).Hash, Is.Not.EqualTo(expected.Hash));
    }

    [TestCaseSource(nameof(Algorithms))]
    public async Task Nodes_that_are_always_there_change_nothing(string algorithm)
    {
        ClusterOptions options = Base with { Algorithm = algorithm };
        RunOutcome expected = await Runs.NetworkedAsync(options, NewFolder(), epochs: 1);
        RunOutcome sure = await Runs.NetworkedAsync(options with { Availability = "{all: p_available=1 p_fail=0}" }, NewFolder(), epochs: 1);
        RunOutcome late = await Runs.NetworkedAsync(options with { Availability = "{2: delay_ms=2}", OnNodeLoss = OnNodeLoss.Wait }, NewFolder(), epochs: 1);
        Assert.That((sure.Hash, late.Hash), Is.EqualTo((expected.Hash, expected.Hash)));
        Assert.That(sure.Progress, Is.EqualTo(expected.Progress));
    }

    [TestCaseSource(nameof(Algorithms))]
    public async Task A_node_that_is_away_is_never_asked_and_one_that_fails_is_asked_for_nothing(string algorithm)
    {
        (ClusterResult away, IReadOnlyCollection<MessageType> ofAway) = await RunAsync(algorithm, "{2: p_available=0}");
        (ClusterResult failing, IReadOnlyCollection<MessageType> ofFailing) = await RunAsync(algorithm, "{2: p_fail=1}");
        Assert.That(ofAway, Is.Empty);
        Assert.That(ofFailing, Is.Not.Empty);
        Assert.That(failing.Hash, Is.EqualTo(away.Hash), "its rows are left out either way");
    }

    [Test]
    public async Task Rows_that_are_left_out_are_counted()
    {
        RunOutcome traversal = await Runs.NetworkedAsync(Base with { Availability = "{2: p_available=0}" }, NewFolder(), epochs: 1);
        Assert.That((traversal.Progress.TotalSkippedRows, traversal.Progress.Steps), Is.EqualTo((22, 12)));
        RunOutcome failing = await Runs.NetworkedAsync(Base with { Algorithm = "fedavg", Availability = "{2-3: p_fail=1}" }, NewFolder(), epochs: 1);
        Assert.That(failing.Progress.TotalSkippedRows, Is.EqualTo(2 * (22 + 33)));
        RunOutcome away = await Runs.NetworkedAsync(Base with { Algorithm = "fedavg", Availability = "{2-3: p_available=0}" }, NewFolder(), epochs: 1);
        Assert.That(away.Progress.TotalSkippedRows, Is.Zero, "a method that selects nodes selects among the others");
    }

    [Test]
    public async Task A_round_in_which_all_are_away_trains_nothing([Values("tl", "fedavg", "fedsgd", "split", "splitfedv1")] string algorithm)
    {
        await using var cluster = new TestCluster(Base with { Algorithm = algorithm, Availability = "{all: p_available=0}" });
        string before = cluster.Hash;
        cluster.StartAllNodes();
        await cluster.TrainByMethodAsync();
        Assert.That(cluster.Hash, Is.EqualTo(before));
    }

    private static async Task<(ClusterResult Run, IReadOnlyCollection<MessageType> Asked)> RunAsync(string algorithm, string availability)
    {
        var asked = new ConcurrentDictionary<MessageType, bool>();
        await using var cluster = new TestCluster(Base with { Algorithm = algorithm, Availability = availability });
        await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            if (!BesideRounds.Contains(frame.Type))
            {
                asked[frame.Type] = true;
            }

            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(id => id == 2 ? proxy.Endpoint : null);
        ClusterResult run = await cluster.TrainByMethodAsync(2);
        return (run, [.. asked.Keys]);
    }

    private string NewFolder() => Directory.CreateDirectory(_folder[Guid.NewGuid().ToString("N")]).FullName;
}
