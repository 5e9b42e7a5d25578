namespace TraversalLearning.Orchestration.Options.Topologies;

/// <summary>An undirected graph over nodes 1, 2, …, without loops.</summary>
internal sealed class NodeGraph
{
    private readonly int[][] _neighbors;

    private NodeGraph(int[][] neighbors) => _neighbors = neighbors;

    /// <summary>Number of nodes.</summary>
    public int Nodes => _neighbors.Length;

    /// <summary>The largest number of neighbours of a node.</summary>
    public int MaxDegree => _neighbors.Max(n => n.Length);

    /// <summary>Builds a graph from edges; an edge may occur repeatedly, in either direction.</summary>
    public static NodeGraph Of(int nodes, IEnumerable<(int A, int B)> edges)
    {
        var neighbors = new SortedSet<int>[nodes];
        for (int i = 0; i < nodes; i++)
        {
            neighbors[i] = [];
        }

        foreach ((int a, int b) in edges)
        {
            neighbors[a - 1].Add(b);
            neighbors[b - 1].Add(a);
        }

        return new NodeGraph([.. neighbors.Select(n => n.ToArray())]);
    }

    /// <summary>A node's neighbours, ascending.</summary>
    public IReadOnlyList<int> NeighborsOf(int node) => _neighbors[node - 1];

    /// <summary>Whether two nodes are neighbours.</summary>
    public bool HasEdge(int node, int other) => Array.BinarySearch(_neighbors[node - 1], other) >= 0;

    /// <summary>Every edge once, the smaller end first; ascending.</summary>
    public IEnumerable<(int A, int B)> Edges() =>
        Enumerable.Range(1, Nodes).SelectMany(a => NeighborsOf(a).Where(b => b > a).Select(b => (a, b)));

    /// <summary>The first node that cannot be reached from node 1; <see langword="null"/> if the graph is connected.</summary>
    public int? FirstUnreachable()
    {
        var reached = new bool[Nodes];
        var ahead = new Stack<int>([1]);
        reached[0] = true;
        while (ahead.TryPop(out int node))
        {
            foreach (int neighbor in NeighborsOf(node).Where(n => !reached[n - 1]))
            {
                reached[neighbor - 1] = true;
                ahead.Push(neighbor);
            }
        }

        int index = Array.IndexOf(reached, value: false);
        return index < 0 ? null : index + 1;
    }

    /// <summary>
    /// Metropolis–Hastings weights with which a node mixes its model and its neighbours' (Xiao, Boyd and Kim 2007): 1 /
    /// (1 + max(dᵢ, dⱼ)) for neighbour j, where d is the degree, and the remainder to 1 for itself. The matrix is
    /// symmetric with rows and columns that sum to 1, so mixing preserves the mean of all models.
    /// </summary>
    /// <returns>Its own weight, and those of its neighbours in their order.</returns>
    public (double Own, double[] Neighbors) WeightsOf(int node)
    {
        int[] neighbors = _neighbors[node - 1];
        double[] weights = [.. neighbors.Select(n => 1.0 / (1 + Math.Max(neighbors.Length, _neighbors[n - 1].Length)))];
        double own = 1;
        foreach (double weight in weights)
        {
            own -= weight;
        }

        // With equal degrees the remainder equals the other weights up to rounding, which may make it negative.
        return (Math.Max(own, 0), weights);
    }
}
