using System.Text.Json;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>The methods that have nodes train on their own give what torch gives that is told the same (Tests/Golden/make_federated_golden.py).</summary>
[Parallelizable(ParallelScope.Children)]
public sealed class FederatedGoldenTests
{
    private static readonly JsonElement Root = Golden.Json("federated.json");

    private static IEnumerable<TestCaseData> Cases() =>
        Root.GetProperty("cases").EnumerateArray().Select(c => new TestCaseData(c).SetArgDisplayNames(c.GetProperty("name").GetString()!));

    [TestCaseSource(nameof(Cases))]
    public async Task Every_round_ends_with_the_same_parameters(JsonElement golden)
    {
        JsonElement example = Root.GetProperty("example");
        ClusterOptions options = FederatedExample.Options(example, golden.GetProperty("optimizer").GetString()!, Root.GetProperty("gamma").GetDouble(), golden.TryGetProperty("batch_norm", out _)) with
        {
            Algorithm = golden.GetProperty("algorithm").GetString()!,
            BatchSize = golden.GetProperty("batch_size").GetInt32(),
            Federation = new Federation
            {
                LocalEpochs = golden.GetProperty("local_epochs").GetInt32(),
                ClientFraction = golden.TryGetProperty("client_fraction", out JsonElement fraction) ? fraction.GetDouble() : 1,
                Aggregator = golden.TryGetProperty("aggregator", out JsonElement aggregator) ? aggregator.GetString()! : "mean",
            },
        };
        await using var cluster = new TestCluster(options);
        FederatedExample.SetInitial(golden.TryGetProperty("initial", out _) ? golden : example, cluster.Session.Model);
        cluster.StartAllNodes();
        JsonElement[] rounds = [.. golden.GetProperty("rounds").EnumerateArray()];
        int done = 0;
        int epochs = options.Algorithm == "fedsgd" ? 2 : rounds.Length;

        ClusterResult run = await cluster.TrainByMethodAsync(epochs, (_, outcome) =>
        {
            double[] expected = [.. rounds[done++].GetProperty("theta").EnumerateArray().Select(v => v.GetDouble())];
            Assert.That(FederatedExample.Parameters(cluster.Session.Model), Is.EqualTo(expected).Within(1e-12), $"after round {done}");
            if (rounds[done - 1].TryGetProperty("buffers", out JsonElement buffers))
            {
                double[] statistics = [.. buffers.EnumerateArray().Select(v => v.GetDouble())];
                Assert.That(FederatedExample.Buffers(cluster.Session.Model), Is.EqualTo(statistics).Within(1e-12), $"after round {done}");
            }

            return Task.CompletedTask;
        });

        Assert.That(done, Is.EqualTo(rounds.Length));
        Assert.That(run.Losses, Is.EqualTo(rounds.Select(r => r.GetProperty("loss").GetDouble())).Within(1e-12));
    }
}
