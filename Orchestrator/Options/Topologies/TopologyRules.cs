using TraversalLearning.Data;

namespace TraversalLearning.Orchestration.Options.Topologies;

/// <summary>
/// The topologies as functions (docs/reference/methods.md). They use only integers and the run's own generator, so
/// every machine draws the same graph.
/// </summary>
internal static class TopologyRules
{
    // Enough to make the edges independent of the starting graph.
    private const int SwitchesPerEdge = 10;

    // Maximum number of nodes for which every pair is examined.
    private const int MaxPaired = 10_000;

    /// <summary>Each node with the next, the last with the first.</summary>
    public static IEnumerable<(int A, int B)> Ring(TopologyRequest request) =>
        request.Nodes > 2 ? Line(request).Append((request.Nodes, 1)) : Line(request);

    /// <summary>Each node with the next.</summary>
    public static IEnumerable<(int A, int B)> Line(TopologyRequest request) => Enumerable.Range(1, request.Nodes - 1).Select(a => (a, a + 1));

    /// <summary>Node 1 with all others.</summary>
    public static IEnumerable<(int A, int B)> Star(TopologyRequest request) => Enumerable.Range(2, request.Nodes - 1).Select(b => (1, b));

    /// <summary>Every pair of nodes.</summary>
    public static IEnumerable<(int A, int B)> Complete(TopologyRequest request) => Pairs([.. Enumerable.Range(1, request.Nodes)]);

    /// <summary>Every pair with probability p.</summary>
    public static IEnumerable<(int A, int B)> ErdosRenyi(TopologyRequest request) =>
        [.. Pairs([.. Enumerable.Range(1, request.Nodes)]).Where(_ => request.Random.NextDouble() < request.Number)];

    /// <summary>
    /// A random k-regular graph: starts from a circle with edges to the k nearest nodes, then repeatedly swaps the ends
    /// of two edges, unless that would create a loop or a duplicate edge.
    /// </summary>
    public static IEnumerable<(int A, int B)> Regular(TopologyRequest request)
    {
        int n = request.Nodes;
        int k = (int)request.Number;
        if (k >= n)
        {
            throw new FormatException($"of {n} nodes each can have {n - 1} neighbours at most");
        }

        if (k % 2 == 1 && n % 2 == 1)
        {
            throw new FormatException($"{n} nodes cannot have {k} neighbours each, both being odd; use an even k or an even --num_nodes");
        }

        List<(int A, int B)> edges = [];
        for (int i = 0; i < n; i++)
        {
            edges.AddRange(Enumerable.Range(1, k / 2).Select(step => (i, (i + step) % n)));
            if (k % 2 == 1 && i < n / 2)
            {
                edges.Add((i, i + (n / 2)));
            }
        }

        Switch(edges, request.Random);
        return edges.Select(e => (e.A + 1, e.B + 1));
    }

    /// <summary>Complete within each group, with the groups' first nodes in a ring.</summary>
    public static IEnumerable<(int A, int B)> Groups(TopologyRequest request)
    {
        NodeGroups groups = request.Groups ?? throw new FormatException($"it needs {NodeGroups.Flag}");
        int[] heads = [.. groups.All.Select(g => g.Nodes[0])];
        return groups.All.SelectMany(g => Pairs(g.Nodes)).Concat(heads.Zip(heads.Skip(1).Append(heads[0])).Where(e => e.First != e.Second));
    }

    private static IEnumerable<(int A, int B)> Pairs(IReadOnlyList<int> nodes) => nodes.Count > MaxPaired
        ? throw new FormatException($"{nodes.Count} nodes are too many to look at every pair, at most {MaxPaired} can be; use one such as k_regular:4")
        : Enumerable.Range(0, nodes.Count).SelectMany(i => nodes.Skip(i + 1).Select(b => (nodes[i], b)));

    private static void Switch(List<(int A, int B)> edges, SeededRandom random)
    {
        HashSet<(int, int)> there = [.. edges.Select(Ordered)];
        for (int i = 0; i < SwitchesPerEdge * edges.Count; i++)
        {
            int first = random.Next(edges.Count);
            int second = random.Next(edges.Count);
            ((int a, int b), (int c, int d)) = (edges[first], edges[second]);

            // Either end of the second edge, or some graphs would be unreachable.
            (c, d) = random.Next(2) == 0 ? (c, d) : (d, c);
            if (a == d || b == c || there.Contains(Ordered((a, d))) || there.Contains(Ordered((c, b))))
            {
                continue;
            }

            there.Remove(Ordered((a, b)));
            there.Remove(Ordered((c, d)));
            there.Add(Ordered((a, d)));
            there.Add(Ordered((c, b)));
            (edges[first], edges[second]) = ((a, d), (c, b));
        }
    }

    private static (int, int) Ordered((int A, int B) edge) => edge.A < edge.B ? edge : (edge.B, edge.A);
}
