using TraversalLearning.Data;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Training.Methods;
using TraversalLearning.Security;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>What must always hold (design section 3) holds for every method that is registered, by the same tests.</summary>
public sealed class EveryMethodTests
{
    private const int Epochs = 3;

    private static readonly Dictionary<string, Task<ClusterResult>> UndisturbedRuns = new(StringComparer.Ordinal);

    // Float32, where the order of a sum shows; every node has another number of samples, and the last batches are smaller.
    private static readonly ClusterOptions Base = new()
    {
        Shards = [40, 22, 33], BatchSize = 8, Federation = new Federation { LocalEpochs = 2 },
    };

    /// <summary>One of each kind, as <c>--algorithm</c> spells it.</summary>
    private static readonly string[] All = [.. TrainingMethods.All.Select(m => new Algorithm(m.Name, m.Parameter?.Example).ToString())];

    /// <summary>By default a third of them for each promise, so that every method is held to some and every promise kept by some.</summary>
    private static IEnumerable<string> Algorithms(int promise) => Selection.Third(All, promise);

    /// <summary>What passes between a node and its orchestrator in the second half of a run, for every method.</summary>
    private static readonly MessageType[] NeverOfARound =
    [
        MessageType.Hello, MessageType.Welcome, MessageType.Heartbeat, MessageType.Shutdown, MessageType.IndexRangeQuery, MessageType.IndexRange,
    ];

    [TestCaseSource(nameof(Algorithms), new object[] { 1 })]
    public async Task The_result_is_the_same_whatever_the_order_of_replies(string algorithm)
    {
        ClusterOptions options = OptionsOf(algorithm);
        await using var cluster = new TestCluster(options);
        await using var slow = new FaultProxy(cluster.Endpoint, async frame =>
        {
            await Task.Delay(frame.Type == MessageType.Heartbeat ? 0 : 3, frame.Ended.Token);
            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(id => id == 1 ? slow.Endpoint : null);

        ClusterResult run = await cluster.TrainByMethodAsync(Epochs);

        await AssertUndisturbedAsync(algorithm, run);
    }

    [TestCaseSource(nameof(Algorithms), new object[] { 2 })]
    public async Task One_node_at_a_time_gives_the_same(string algorithm)
    {
        await using var cluster = new TestCluster(OptionsOf(algorithm) with { Order = TraversalOrder.Sequential });
        cluster.StartAllNodes();
        await AssertUndisturbedAsync(algorithm, await cluster.TrainByMethodAsync(Epochs));
    }

    [TestCaseSource(nameof(Algorithms), new object[] { 3 })]
    public async Task A_node_that_is_killed_and_restarted_changes_nothing(string algorithm)
    {
        await using var cluster = new TestCluster(OptionsOf(algorithm));
        cluster.StartAllNodes();
        int rounds = 0;

        ClusterResult run = await cluster.TrainByMethodAsync(Epochs, async (_, _) =>
        {
            if (++rounds is 1 or 2)
            {
                await cluster.KillNodeAsync(rounds + 1);
                cluster.StartNode(rounds + 1);
            }
        });

        await AssertUndisturbedAsync(algorithm, run);
    }

    [TestCaseSource(nameof(Algorithms), new object[] { 4 })]
    public async Task A_connection_that_breaks_in_any_message_of_a_round_changes_nothing(string algorithm)
    {
        foreach (MessageType type in await MessagesOfAsync(algorithm))
        {
            bool cut = false;
            await using var cluster = new TestCluster(OptionsOf(algorithm));
            await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
            {
                if (frame.Type == type && frame.Number == 2 && !cut)
                {
                    cut = true;
                    await frame.SendAsync(frame.Bytes.AsMemory(0, frame.Bytes.Length / 2));
                    await frame.CutAsync();
                }

                await frame.ForwardAsync();
            });
            cluster.StartAllNodes(id => id == 2 ? proxy.Endpoint : null);

            ClusterResult run = await cluster.TrainByMethodAsync(Epochs);

            Assert.That(cut, Is.True, $"{type} came");
            await AssertUndisturbedAsync(algorithm, run, $"cut in {type}");
        }
    }

    [TestCaseSource(nameof(Algorithms), new object[] { 5 })]
    public async Task A_run_that_is_resumed_ends_with_the_same_bytes(string algorithm)
    {
        using var folders = new TempFolder();
        ClusterOptions options = OptionsOf(algorithm);
        string whole = Directory.CreateDirectory(folders["whole"]).FullName;
        RunOutcome expected = await Runs.NetworkedAsync(options, whole, Epochs);
        foreach (int stop in new[] { 1, 2 })
        {
            string folder = Directory.CreateDirectory(folders[$"stop-{stop}"]).FullName;
            Assert.That(async () => await Runs.NetworkedAsync(options, folder, Epochs, stopAfter: stop), Throws.InstanceOf<OperationCanceledException>());

            RunOutcome resumed = await Runs.NetworkedAsync(options, folder, Epochs);

            Assert.That(resumed.Hash, Is.EqualTo(expected.Hash), $"stopped after {stop}");
            Assert.That(resumed.Progress, Is.EqualTo(expected.Progress), $"stopped after {stop}");
        }
    }

    [TestCaseSource(nameof(Algorithms), new object[] { 6 })]
    public async Task A_smaller_last_batch_is_left_out_of_every_pass(string algorithm)
    {
        ClusterOptions options = OptionsOf(algorithm) with { LastBatch = LastBatch.Drop };
        await using var cluster = new TestCluster(options);
        cluster.StartAllNodes();
        var rows = new List<long>();
        await cluster.TrainByMethodAsync(Epochs, (_, outcome) =>
        {
            rows.Add(outcome.Rows);
            Assert.That(outcome.SkippedRows, Is.Zero);
            return Task.CompletedTask;
        });
        bool alone = TrainingMethods.Of(TrainingMethods.Parse(algorithm)).IsFederated;
        long full = alone ? options.Shards.Sum(s => s - (s % options.BatchSize)) : options.Shards.Sum() - (options.Shards.Sum() % options.BatchSize);
        int passes = rows.Count > Epochs ? 1 : options.Federation.LocalEpochs;
        Assert.That(rows.Sum(), Is.EqualTo(Epochs * passes * full));
    }

    [TestCaseSource(nameof(Algorithms), new object[] { 7 })]
    public async Task A_node_that_is_skipped_is_left_out_and_counted(string algorithm)
    {
        await using var cluster = new TestCluster(OptionsOf(algorithm) with { OnNodeLoss = OnNodeLoss.Skip });
        cluster.StartAllNodes();
        int epochs = 0;
        long skipped = 0;

        ClusterResult run = await cluster.TrainByMethodAsync(Epochs, async (round, outcome) =>
        {
            skipped += outcome.SkippedRows;
            if (round.Epoch == 1 && epochs++ == 0)
            {
                await cluster.KillNodeAsync(2);
            }
        });

        Assert.That(skipped, Is.GreaterThan(0));
        Assert.That(run.Losses, Has.All.Matches<double>(double.IsFinite));
        Assert.That(run.Hash, Is.Not.EqualTo((await UndisturbedAsync(algorithm)).Hash));
    }

    [TestCaseSource(nameof(Algorithms), new object[] { 8 })]
    public async Task With_TLS_and_token_the_result_is_the_same(string algorithm)
    {
        using var authority = new TestAuthority();
        var token = new Token("the secret that both sides share"u8);
        await using var cluster = new TestCluster(OptionsOf(algorithm) with
        {
            Security = new OrchestratorSecurity(authority.Server(authority.Trusted), token),
            NodeSecurity = id => new NodeSecurity(authority.Client(id), token),
        });
        cluster.StartAllNodes();
        await AssertUndisturbedAsync(algorithm, await cluster.TrainByMethodAsync(Epochs));
    }

    [TestCaseSource(nameof(Algorithms), new object[] { 9 })]
    public async Task Nodes_of_one_process_give_what_nodes_of_their_own_give(string algorithm)
    {
        await using var cluster = new TestCluster(OptionsOf(algorithm));
        cluster.StartHost(1, 3);
        await AssertUndisturbedAsync(algorithm, await cluster.TrainByMethodAsync(Epochs));
    }

    [TestCaseSource(nameof(Algorithms), new object[] { 10 })]
    public async Task A_node_without_samples_is_no_trouble(string algorithm)
    {
        await using var cluster = new TestCluster(OptionsOf(algorithm) with { Shards = [40, 0, 33] });
        cluster.StartAllNodes();
        ClusterResult run = await cluster.TrainByMethodAsync(Epochs);
        Assert.That(run.Losses, Has.All.Matches<double>(double.IsFinite));
        Assert.That(run.Losses[^1], Is.LessThan(run.Losses[0]), "it learns");
    }

    [TestCaseSource(nameof(Algorithms), new object[] { 11 })]
    public async Task Rounds_leave_no_tensors_behind(string algorithm)
    {
        await using var cluster = new TestCluster(OptionsOf(algorithm));
        cluster.StartAllNodes();
        long after = 0;
        await cluster.TrainByMethodAsync(8, (round, _) =>
        {
            after = round is { Epoch: 3, Index: 0 } ? TensorCount.Settled() : after;
            if (round is { Epoch: 8, Index: 0 })
            {
                // As many gradients as were ever under way at once may have been made since.
                Assert.That(TensorCount.Settled(), Is.LessThanOrEqualTo(after + 3));
            }

            return Task.CompletedTask;
        });
    }

    private static ClusterOptions OptionsOf(string algorithm) => Base with { Algorithm = algorithm };

    private static Task<ClusterResult> UndisturbedAsync(string algorithm)
    {
        lock (UndisturbedRuns)
        {
            return UndisturbedRuns.TryGetValue(algorithm, out Task<ClusterResult>? run) ? run : UndisturbedRuns[algorithm] = RunAsync();
        }

        async Task<ClusterResult> RunAsync()
        {
            await using var cluster = new TestCluster(OptionsOf(algorithm));
            cluster.StartAllNodes();
            return await cluster.TrainByMethodAsync(Epochs);
        }
    }

    private static async Task AssertUndisturbedAsync(string algorithm, ClusterResult run, string? because = null)
    {
        ClusterResult expected = await UndisturbedAsync(algorithm);
        Assert.That(run.Losses, Is.EqualTo(expected.Losses), because);
        Assert.That(run.Hash, Is.EqualTo(expected.Hash), because);
    }

    /// <summary>What passes between a node and its orchestrator at least twice, between the handshake and the farewell.</summary>
    private static async Task<MessageType[]> MessagesOfAsync(string algorithm)
    {
        var seen = new Dictionary<MessageType, int>();
        await using var cluster = new TestCluster(OptionsOf(algorithm));
        await using var proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            lock (seen)
            {
                seen[frame.Type] = Math.Max(seen.GetValueOrDefault(frame.Type), frame.Number);
            }

            await frame.ForwardAsync();
        });
        cluster.StartAllNodes(id => id == 2 ? proxy.Endpoint : null);
        await cluster.TrainByMethodAsync(Epochs);
        MessageType[] types = [.. seen.Where(s => s.Value >= 2).Select(s => s.Key).Except(NeverOfARound)];
        Assert.That(types, Has.Length.GreaterThanOrEqualTo(2));
        return types;
    }
}
