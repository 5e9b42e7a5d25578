using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options.Topologies;

namespace TraversalLearning.Orchestration.Training.Methods;

/// <summary>Selects nodes by the groups of <see cref="NodeGroups"/>: a single group, or the groups in turn.</summary>
internal static class GroupSelection
{
    /// <summary>Prefix that selects one group: <c>group:NAME</c>.</summary>
    public const string Prefix = "group:";

    /// <summary>Selects the groups in turn.</summary>
    public const string InTurn = "groups";

    /// <summary>Whether a value of <c>--select</c> refers to groups.</summary>
    public static bool IsMeant(string select) =>
        string.Equals(select, InTurn, StringComparison.Ordinal) || select.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The selection rule for a value that refers to groups.</summary>
    /// <param name="select">The value of <c>--select</c>.</param>
    /// <param name="groups">The run's groups.</param>
    /// <param name="among">Selects within the group; used with <see cref="Prefix"/> only.</param>
    /// <exception cref="UserErrorException">The run has no groups, or none of that name.</exception>
    public static SelectionRule Rule(string select, NodeGroups? groups, SelectionRule among)
    {
        if (groups is null)
        {
            throw new UserErrorException(ExitCode.Usage, $"--select {select} needs {NodeGroups.Flag}");
        }

        if (string.Equals(select, InTurn, StringComparison.Ordinal))
        {
            return (round, candidates, _, _) => NextOf(groups, round, candidates);
        }

        NodeGroup group = groups.Find(select[Prefix.Length..])
            ?? throw new UserErrorException(
                ExitCode.Usage, $"--select {select}: there is no such group; use one of {string.Join(", ", groups.All.Select(g => Prefix + g.Name))}");
        return (round, candidates, fraction, random) => among(round, [.. candidates.Where(group.Nodes.Contains)], fraction, random);
    }

    /// <summary>
    /// The group whose turn it is, among those with an available node. Each epoch starts one group later; with one
    /// round per epoch the first group would otherwise always be chosen.
    /// </summary>
    private static int[] NextOf(NodeGroups groups, Round round, IReadOnlyList<int> candidates)
    {
        int[][] filled = [.. groups.All.Select(g => g.Nodes.Intersect(candidates).Order().ToArray()).Where(nodes => nodes.Length > 0)];
        return filled.Length > 0 ? filled[(round.Epoch - 1 + round.Index) % filled.Length] : [];
    }
}
