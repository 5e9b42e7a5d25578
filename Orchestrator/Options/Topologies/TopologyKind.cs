using System.Globalization;
using TraversalLearning.Data;

namespace TraversalLearning.Orchestration.Options.Topologies;

/// <summary>Input of a topology rule.</summary>
/// <param name="Nodes">Number of nodes.</param>
/// <param name="Number">The parameter after the topology's name; 0 without one.</param>
/// <param name="Random">A dedicated generator.</param>
/// <param name="Groups">The run's groups; <see langword="null"/> if there are none.</param>
internal sealed record TopologyRequest(int Nodes, double Number, SeededRandom Random, NodeGroups? Groups);

/// <summary>Returns the edges of a graph, each at least once.</summary>
/// <exception cref="FormatException">No such graph exists; the message gives the reason and a remedy.</exception>
internal delegate IEnumerable<(int A, int B)> TopologyRule(TopologyRequest request);

/// <summary>
/// A topology as offered on the command line. To add one, write a function in <see cref="TopologyRules"/> and a line in
/// <see cref="All"/>. docs/reference/methods.md describes each in full.
/// </summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Parameter">The number after the name; <see langword="null"/> without a parameter.</param>
/// <param name="Rule">Generates its edges.</param>
internal sealed record TopologyKind(string Name, NumberParameter? Parameter, TopologyRule Rule) : INamedChoice
{
    /// <summary>All topologies; the first is the default on the command line.</summary>
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

    /// <summary>
    /// For a random topology: advice if no draw connects all nodes; <see langword="null"/> for others.
    /// </summary>
    public Func<int, string>? Advice { get; init; }

    // With p = (ln N + c) / N, a draw is connected with probability exp(-exp(-c)) for large N (Erdős and Rényi 1960).
    private static string MoreEdges(int nodes) => string.Create(
        CultureInfo.InvariantCulture, $"use a p of {Math.Min(1, Math.Ceiling(100 * (Math.Log(nodes) + 2) / nodes) / 100):0.##} or more");
}
