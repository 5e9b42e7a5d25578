using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;

namespace TraversalLearning.Orchestration.Options.Topologies;

/// <summary>
/// The topology of model exchange, in the syntax of <c>--topology</c>: a kind with its parameter, or an adjacency list.
/// </summary>
internal sealed class Topology
{
    /// <summary>The flag.</summary>
    public const string Flag = "--topology";

    // "topology": separates this use of the seed from others.
    private const ulong Stream = 0x746f706f6c6f6779;
    private const int MaxDraws = 100;

    private readonly TopologyKind? _kind;
    private readonly double? _number;
    private readonly IReadOnlyList<(int A, int B)> _edges = [];
    private readonly string _text;

    private Topology(TopologyKind kind, double? number)
    {
        (_kind, _number) = (kind, number);
        _text = NamedChoice.ToText(kind.Name, number);
    }

    private Topology(IReadOnlyList<(int A, int B)> edges, int nodeCount)
    {
        _edges = edges;
        _text = NodeLists.ToText(
            NodeGraph.Of(nodeCount, edges).Edges().GroupBy(e => e.A).Select(g => ($"{g.Key}", g.Select(e => e.B))));
    }

    /// <summary>The default.</summary>
    public static Topology Ring { get; } = new(TopologyKind.All[0], null);

    /// <summary>Syntax of the flag.</summary>
    public static string Usage { get; } = $"{NamedChoice.UsageOf(TopologyKind.All)}|FILE";

    /// <summary>Parses the value of the flag.</summary>
    /// <param name="value">A kind, the path of an adjacency list, or such a list in braces.</param>
    /// <param name="nodeCount">Ids range from 1 to this.</param>
    /// <exception cref="UserErrorException">Not a valid value; the message lists the accepted forms.</exception>
    public static Topology Read(string value, int nodeCount)
    {
        bool isFile = !TopologyKind.All.Any(k => string.Equals(k.Name, value.Split(':')[0], StringComparison.Ordinal)) && File.Exists(value);
        if (isFile || NodeLists.IsInline(value))
        {
            return new Topology([.. NodeLists.Read(Flag, value, nodeCount).SelectMany(list => EdgesOf(list, nodeCount))], nodeCount);
        }

        try
        {
            (TopologyKind kind, double? number) = NamedChoice.Parse(value, TopologyKind.All, $"{Usage} that exists");
            return new Topology(kind, number);
        }
        catch (FormatException e)
        {
            throw new UserErrorException(ExitCode.Usage, $"{Flag} takes {e.Message}, not '{value}'", e);
        }
    }

    /// <summary>Builds the graph: connected, and the same for the same arguments on every machine.</summary>
    /// <param name="nodeCount">Number of nodes.</param>
    /// <param name="seed">Seed of a random topology.</param>
    /// <param name="groups">The run's groups, for the topology based on them.</param>
    /// <exception cref="UserErrorException">No such graph exists.</exception>
    public NodeGraph Build(int nodeCount, ulong seed, NodeGroups? groups = null)
    {
        int draws = _kind?.Advice is null ? 1 : MaxDraws;
        int lonely = 0;
        for (int draw = 0; draw < draws; draw++)
        {
            var graph = NodeGraph.Of(nodeCount, Draw(nodeCount, SeededRandom.ForStream(seed, Stream, (ulong)draw), groups));
            if (graph.MaxDegree > GossipRound.MaxNeighbors)
            {
                throw Wrong($"a node would have {graph.MaxDegree} neighbours, and may have {GossipRound.MaxNeighbors}; use a sparser one, such as k_regular:4");
            }

            if (graph.FirstUnreachable() is not { } node)
            {
                return graph;
            }

            lonely = node;
        }

        throw Wrong(_kind?.Advice is { } advice
            ? $"none of {MaxDraws} draws connects all {nodeCount} nodes; {advice(nodeCount)}"
            : $"no way leads from node 1 to node {lonely}: models would never reach it; add an edge");
    }

    /// <summary>An equivalent value for <see cref="Read"/>.</summary>
    public override string ToString() => _text;

    private static IEnumerable<(int A, int B)> EdgesOf(NodeList list, int nodeCount)
    {
        int node = NodeLists.NodeOf(list.Where, list.Name, nodeCount);
        return list.Nodes.Contains(node)
            ? throw NodeLists.Wrong(list.Where, $"node {node} is no neighbour of its own")
            : list.Nodes.Select(other => (node, other));
    }

    private IEnumerable<(int A, int B)> Draw(int nodeCount, SeededRandom random, NodeGroups? groups)
    {
        try
        {
            return _kind is null ? _edges : [.. _kind.Rule(new TopologyRequest(nodeCount, _number ?? 0, random, groups))];
        }
        catch (FormatException e)
        {
            throw Wrong(e.Message);
        }
    }

    private UserErrorException Wrong(string what) => new(ExitCode.Usage, $"{Flag} {(_kind is null ? "FILE" : _text)}: {what}");
}
