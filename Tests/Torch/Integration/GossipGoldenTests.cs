using System.Text.Json;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Gossip gives what torch gives that is told the same (Tests/Golden/make_gossip_golden.py): every node's model, and their mean.</summary>
[Parallelizable(ParallelScope.Children)]
public sealed class GossipGoldenTests
{
    private static readonly JsonElement Root = Golden.Json("gossip.json");

    private static IEnumerable<TestCaseData> Cases() =>
        Root.GetProperty("cases").EnumerateArray().Select(c => new TestCaseData(c).SetArgDisplayNames(c.GetProperty("name").GetString()!));

    [TestCaseSource(nameof(Cases))]
    public async Task Every_round_ends_with_the_same_models(JsonElement golden)
    {
        JsonElement example = Root.GetProperty("example");
        ClusterOptions options = FederatedExample.Options(example, golden.GetProperty("optimizer").GetString()!, Root.GetProperty("gamma").GetDouble()) with
        {
            BatchSize = golden.GetProperty("batch_size").GetInt32(),
            Federation = new Federation { LocalEpochs = golden.GetProperty("local_epochs").GetInt32() },
        };
        await using var cluster = new TestCluster(GossipRun.Options(options, golden.GetProperty("topology").GetString()!));
        FederatedExample.SetInitial(example, cluster.Session.Model);
        cluster.StartAllNodes();
        GossipRun run = await GossipRun.BeginAsync(cluster);

        foreach (JsonElement round in golden.GetProperty("rounds").EnumerateArray())
        {
            RoundOutcome outcome = await run.RoundAsync();

            JsonElement[] nodes = [.. round.GetProperty("nodes").EnumerateArray()];
            for (int node = 1; node <= nodes.Length; node++)
            {
                Assert.That(run.State($"theta.{node}"), Is.EqualTo(Numbers(nodes[node - 1])).Within(1e-12), $"node {node}");
            }

            Assert.That(FederatedExample.Parameters(cluster.Session.Model), Is.EqualTo(Numbers(round.GetProperty("theta"))).Within(1e-12), "the mean");
            Assert.That(outcome.LossSum / outcome.Rows, Is.EqualTo(round.GetProperty("loss").GetDouble()).Within(1e-12));
        }

        await run.FinishAsync();
    }

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetDouble())];
}
