using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options.Topologies;

namespace TraversalLearning.Orchestration.Training.Methods;

/// <summary>Selection by the groups of <see cref="NodeGroups"/>: one of them, or one after the other.</summary>
internal static class GroupSelection
{
    /// <summary>The nodes of one group: <c>group:NAME</c>.</summary>
    public const string Prefix = "group:";

    /// <summary>The groups in turn.</summary>
    public const string InTurn = "groups";

    /// <summary>Whether a spelling asks for groups.</summary>
    public static bool IsMeant(string select) =>
        string.Equals(select, InTurn, StringComparison.Ordinal) || select.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>The rule of a spelling that asks for groups.</summary>
    /// <param name="select">As <c>--select</c> has it.</param>
    /// <param name="groups">Of the run.</param>
    /// <param name="among">Chooses among a group's nodes; only of <see cref="Prefix"/>.</param>
    /// <exception cref="UserErrorException">There are none, or none of that name.</exception>
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

    /// <summary>The group whose turn it is, of those with somebody there. Each epoch begins one group further, or with one round an epoch it would always be the first.</summary>
    private static int[] NextOf(NodeGroups groups, Round round, IReadOnlyList<int> candidates)
    {
        int[][] filled = [.. groups.All.Select(g => g.Nodes.Intersect(candidates).Order().ToArray()).Where(nodes => nodes.Length > 0)];
        return filled.Length > 0 ? filled[(round.Epoch - 1 + round.Index) % filled.Length] : [];
    }
}
