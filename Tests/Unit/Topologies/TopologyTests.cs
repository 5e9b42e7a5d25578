using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Options.Topologies;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Topologies;

/// <summary>What every topology promises (docs/reference/methods.md): connected, the same on every machine, and weights that leave the mean as it is.</summary>
public sealed class TopologyTests
{
    private static readonly JsonElement Root = Golden.Json("topologies.json");

    private static readonly string[] Spellings = ["ring", "complete", "star", "line", "k_regular:2", "k_regular:4", "k_regular:6", "erdos_renyi:0.5", "erdos_renyi:1"];

    private static IEnumerable<TestCaseData> Cases() => Root.GetProperty("cases").EnumerateArray().Select(
        c => new TestCaseData(c).SetArgDisplayNames($"{c.GetProperty("topology")}", $"{c.GetProperty("nodes")}", $"{c.GetProperty("seed")}"));

    [TestCaseSource(nameof(Cases))]
    public void Edges_and_weights_are_those_of_the_independent_implementation(JsonElement golden)
    {
        int nodes = golden.GetProperty("nodes").GetInt32();
        NodeGraph graph = Topology.Read(golden.GetProperty("topology").GetString()!, nodes).Build(nodes, golden.GetProperty("seed").GetUInt64());
        Assert.That(graph.Edges().Select(e => $"{e.A}-{e.B}"), Is.EqualTo(golden.GetProperty("edges").EnumerateArray().Select(e => e.GetString())));
        double[][] expected = [.. golden.GetProperty("weights").EnumerateArray().Select(r => r.EnumerateArray().Select(w => w.GetDouble()).ToArray())];
        for (int node = 0; node < nodes; node++)
        {
            Assert.That(RowOf(graph, node + 1), Is.EqualTo(expected[node]).Within(1e-15), $"node {node + 1}");
        }
    }

    [TestCaseSource(nameof(Spellings))]
    public void Every_graph_is_connected_and_its_weights_are_doubly_stochastic(string spelling) => Prop.ForAll<byte, ulong>((more, seed) =>
    {
        int nodes = 8 + (more % 30);
        NodeGraph graph = Topology.Read(spelling, nodes).Build(nodes, seed);
        double[][] matrix = [.. Enumerable.Range(1, nodes).Select(node => RowOf(graph, node))];
        bool symmetric = Enumerable.Range(0, nodes).All(i => Enumerable.Range(0, nodes).All(j => matrix[i][j].Equals(matrix[j][i]) && matrix[i][j] >= 0));
        bool stochastic = matrix.All(row => Math.Abs(row.Sum() - 1) < 1e-12) && Enumerable.Range(0, nodes).All(j => Math.Abs(matrix.Sum(row => row[j]) - 1) < 1e-12);
        bool loops = Enumerable.Range(1, nodes).Any(node => graph.HasEdge(node, node));
        return symmetric && stochastic && !loops && graph.FirstUnreachable() is null
            && graph.Edges().SequenceEqual(Topology.Read(spelling, nodes).Build(nodes, seed).Edges());
    }).QuickCheckThrowOnFailure();

    [Test]
    public void Weights_of_any_graph_are_doubly_stochastic() => Prop.ForAll<(byte, byte)[]>(edges =>
    {
        NodeGraph graph = NodeGraph.Of(16, edges.Select(e => ((e.Item1 % 16) + 1, (e.Item2 % 16) + 1)).Where(e => e.Item1 != e.Item2));
        double[][] matrix = [.. Enumerable.Range(1, 16).Select(node => RowOf(graph, node))];
        return Enumerable.Range(0, 16).All(i => matrix[i].All(w => w >= 0) && Math.Abs(matrix[i].Sum() - 1) < 1e-12 && Math.Abs(matrix.Sum(r => r[i]) - 1) < 1e-12);
    }).QuickCheckThrowOnFailure();

    [TestCase("k_regular:3", 20, 3)]
    [TestCase("k_regular:2", 9, 2)]
    [TestCase("k_regular:19", 20, 19)]
    public void In_a_regular_graph_all_have_as_many_neighbours(string spelling, int nodes, int degree)
    {
        NodeGraph graph = Topology.Read(spelling, nodes).Build(nodes, seed: 3);
        Assert.That(Enumerable.Range(1, nodes).Select(node => graph.NeighborsOf(node).Count), Is.All.EqualTo(degree));
    }

    [TestCase("k_regular:3")]
    [TestCase("erdos_renyi:0.4")]
    public void What_is_random_depends_on_the_seed(string spelling)
    {
        var topology = Topology.Read(spelling, 12);
        Assert.That(topology.Build(12, seed: 1).Edges(), Is.Not.EqualTo(topology.Build(12, seed: 2).Edges()));
    }

    [TestCase("ring")]
    [TestCase("complete")]
    [TestCase("star")]
    [TestCase("line")]
    [TestCase("erdos_renyi:0")]
    public void One_node_has_no_neighbours(string spelling)
    {
        NodeGraph graph = Topology.Read(spelling, 1).Build(1, seed: 1);
        Assert.That(graph.MaxDegree, Is.Zero);
        Assert.That(graph.WeightsOf(1), Is.EqualTo((1.0, Array.Empty<double>())).Using<(double Own, double[] Others)>((a, b) => a.Own.Equals(b.Own) && a.Others.SequenceEqual(b.Others)));
    }

    [Test]
    public void Two_nodes_are_one_edge([Values("ring", "complete", "star", "line", "k_regular:1")] string spelling) =>
        Assert.That(Topology.Read(spelling, 2).Build(2, seed: 1).Edges(), Is.EqualTo(new[] { (1, 2) }));

    [Test]
    public void Groups_are_complete_and_their_first_nodes_a_ring()
    {
        var groups = NodeGroups.Read("{a: [2, 1], b: [3, 4, 5], c: [6]}", 6);
        NodeGraph graph = Topology.Read("groups", 6).Build(6, seed: 1, groups);
        Assert.That(graph.Edges(), Is.EqualTo(new[] { (1, 2), (2, 3), (2, 6), (3, 4), (3, 5), (3, 6), (4, 5) }));
    }

    [Test]
    public void A_list_of_neighbours_is_read_from_a_file_and_kept_by_what_it_says()
    {
        using var folder = new TempFolder();
        foreach (string text in new[] { "1: 2 3\n3: 4\n", "1: [2, 3]\n3: [1, 4]\n4: [3]\n", "# who knows whom\n1:\n- 2\n- 3\n3: 1, 4\n", "{4: 3, 3: 1, 2: 1}" })
        {
            File.WriteAllText(folder["topology.yaml"], text);
            var topology = Topology.Read(folder["topology.yaml"], 4);
            Assert.That(topology.ToString(), Is.EqualTo("{1: [2, 3], 3: [4]}"), text);
            Assert.That(Topology.Read(topology.ToString(), 4).Build(4, 1).Edges(), Is.EqualTo(new[] { (1, 2), (1, 3), (3, 4) }), text);
        }
    }

    [TestCase("torus", 4, "--topology takes one of ring|complete|star|line|k_regular:k|erdos_renyi:p|groups|FILE that exists, not 'torus'")]
    [TestCase("none.yaml", 4, "not 'none.yaml'")]
    [TestCase("ring:2", 4, "--topology takes ring without a number, not 'ring:2'")]
    [TestCase("k_regular", 4, "--topology takes k_regular:k with a whole number from 1 to 1024, such as k_regular:4, not 'k_regular'")]
    [TestCase("k_regular:4", 4, "--topology k_regular:4: of 4 nodes each can have 3 neighbours at most")]
    [TestCase("k_regular:3", 5, "--topology k_regular:3: 5 nodes cannot have 3 neighbours each, both being odd; use an even k or an even --num_nodes")]
    [TestCase("k_regular:1", 4, "--topology k_regular:1: none of 100 draws connects all 4 nodes; use a larger k")]
    [TestCase("erdos_renyi:0.01", 20, "--topology erdos_renyi:0.01: none of 100 draws connects all 20 nodes; use a p of 0.25 or more")]
    [TestCase("complete", 2000, "--topology complete: a node would have 1999 neighbours, and may have 1024; use a sparser one, such as k_regular:4")]
    [TestCase("complete", 100_000, "--topology complete: 100000 nodes are too many to look at every pair")]
    [TestCase("groups", 4, "--topology groups: it needs --groups")]
    [TestCase("{1: [2], 3: [4]}", 4, "no way leads from node 1 to node 3")]
    [TestCase("{1: [2, 1]}", 2, "--topology:1: node 1 is no neighbour of its own")]
    [TestCase("{1: [2], 3: [7]}", 4, "--topology:1: '7' is no node: ids are from 1 to 4")]
    [TestCase("{a: [2]}", 4, "--topology:1: 'a' is no node")]
    public void What_cannot_be_is_one_line_that_says_what_to_do(string spelling, int nodes, string message) => Assert.That(
        () => Topology.Read(spelling, nodes).Build(nodes, seed: 1),
        Throws.TypeOf<UserErrorException>().With.Message.Contains(message).And.Message.Not.Contains("\n"));

    private static double[] RowOf(NodeGraph graph, int node)
    {
        double[] row = new double[graph.Nodes];
        (row[node - 1], double[] weights) = graph.WeightsOf(node);
        foreach ((int neighbor, double weight) in graph.NeighborsOf(node).Zip(weights))
        {
            row[neighbor - 1] = weight;
        }

        return row;
    }
}
