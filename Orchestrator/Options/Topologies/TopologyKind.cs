using System.Globalization;
using TraversalLearning.Data;

namespace TraversalLearning.Orchestration.Options.Topologies;

/// <summary>What a rule draws a graph for.</summary>
/// <param name="Nodes">How many.</param>
/// <param name="Number">Behind the topology's name; 0 where it takes none.</param>
/// <param name="Random">A generator of its own.</param>
/// <param name="Groups">Of the run; <see langword="null"/> if it has none.</param>
internal sealed record TopologyRequest(int Nodes, double Number, SeededRandom Random, NodeGroups? Groups);

/// <summary>Gives the edges of a graph, each at least once.</summary>
/// <exception cref="FormatException">There is no such graph; the message says why, and what to do.</exception>
internal delegate IEnumerable<(int A, int B)> TopologyRule(TopologyRequest request);

/// <summary>
/// A topology as the command line offers it. Another one is a function in <see cref="TopologyRules"/> and a line of <see cref="All"/>.
/// What each is in full: docs/reference/methods.md.
/// </summary>
/// <param name="Name">How it is called.</param>
/// <param name="Parameter">The number behind the name; <see langword="null"/> for one that takes none.</param>
/// <param name="Rule">Its edges.</param>
internal sealed record TopologyKind(string Name, NumberParameter? Parameter, TopologyRule Rule) : INamedChoice
{
    /// <summary>All there are; the first is the default of the command line.</summary>
    public static IReadOnlyList<TopologyKind> All { get; } =
    [
        new("ring", null, TopologyRules.Ring),
        new("complete", null, TopologyRules.Complete),
        new("star", null, TopologyRules.Star),
        new("line", null, TopologyRules.Line),
        new("k_regular", new NumberParameter("k", 1, Messages.GossipRound.MaxNeighbors, IsWhole: true, 4), TopologyRules.Regular) { Advice = static _ => "use a larger k" },
        new("erdos_renyi", new NumberParameter("p", 0, 1, IsWhole: false, 0.3), TopologyRules.ErdosRenyi) { Advice = MoreEdges },
        new("groups", null, TopologyRules.Groups),
    ];

    /// <summary>Of a random one, what to do where no draw connects so many nodes; <see langword="null"/> for one that is not drawn.</summary>
    public Func<int, string>? Advice { get; init; }

    // With p = (ln N + c) / N a draw is connected with probability exp(-exp(-c)), for many nodes (Erdős and Rényi 1960).
    private static string MoreEdges(int nodes) => string.Create(
        CultureInfo.InvariantCulture, $"use a p of {Math.Min(1, Math.Ceiling(100 * (Math.Log(nodes) + 2) / nodes) / 100):0.##} or more");
}
