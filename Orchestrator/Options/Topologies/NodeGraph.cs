namespace TraversalLearning.Orchestration.Options.Topologies;

/// <summary>Who is whose neighbour: an undirected graph over the nodes 1, 2, …, without loops.</summary>
internal sealed class NodeGraph
{
    private readonly int[][] _neighbors;

    private NodeGraph(int[][] neighbors) => _neighbors = neighbors;

    /// <summary>How many nodes there are.</summary>
    public int Nodes => _neighbors.Length;

    /// <summary>The most neighbours that a node has.</summary>
    public int MaxDegree => _neighbors.Max(n => n.Length);

    /// <summary>The graph of edges; an edge may stand several times, in either direction.</summary>
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

    /// <summary>Every edge once, its smaller end first; ascending.</summary>
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
    /// The weights with which a node mixes its own model and its neighbours', after Metropolis and Hastings (Xiao, Boyd and Kim 2007): 1 / (1 + max(dᵢ, dⱼ))
    /// for neighbour j, d being the numbers of neighbours, and what is left to 1 for itself. As a matrix they are symmetric, and rows and columns add up
    /// to 1: mixing leaves the mean of all models as it is.
    /// </summary>
    /// <returns>Its own weight, and its neighbours' in their order.</returns>
    public (double Own, double[] Neighbors) WeightsOf(int node)
    {
        int[] neighbors = _neighbors[node - 1];
        double[] weights = [.. neighbors.Select(n => 1.0 / (1 + Math.Max(neighbors.Length, _neighbors[n - 1].Length)))];
        double own = 1;
        foreach (double weight in weights)
        {
            own -= weight;
        }

        // With as many at each node the rest is a weight like the others, but for rounding, which may leave it below 0.
        return (Math.Max(own, 0), weights);
    }
}
