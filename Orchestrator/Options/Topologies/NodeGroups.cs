namespace TraversalLearning.Orchestration.Options.Topologies;

/// <summary>Nodes under a name, as <c>--groups</c> says. A node may be in several groups, or in none.</summary>
internal sealed class NodeGroups
{
    /// <summary>The flag.</summary>
    public const string Flag = "--groups";

    private const int MaxNameLength = 64;

    private NodeGroups(IReadOnlyList<NodeGroup> all) => All = all;

    /// <summary>In the order of the file; at least one.</summary>
    public IReadOnlyList<NodeGroup> All { get; }

    /// <summary>Reads the value of the flag: a path, or YAML in braces.</summary>
    /// <exception cref="Hosting.UserErrorException">It does not say groups; names the line.</exception>
    public static NodeGroups Read(string value, int nodeCount)
    {
        IReadOnlyList<NodeList> lists = NodeLists.Read(Flag, value, nodeCount);
        return lists.Count > 0
            ? new NodeGroups([.. lists.Select(GroupOf)])
            : throw NodeLists.Wrong($"{Flag} {value}", "has no group");
    }

    /// <summary>The group of a name; <see langword="null"/> if there is none.</summary>
    public NodeGroup? Find(string name) => All.FirstOrDefault(g => string.Equals(g.Name, name, StringComparison.Ordinal));

    /// <summary>What <see cref="Read"/> takes as the same groups.</summary>
    public override string ToString() => NodeLists.ToText(All.Select(g => (g.Name, (IEnumerable<int>)g.Nodes)));

    private static NodeGroup GroupOf(NodeList list)
    {
        if (list.Name.Length is 0 or > MaxNameLength || !list.Name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
        {
            throw NodeLists.Wrong(list.Where, $"'{list.Name}' is no name of a group: it has 1 to {MaxNameLength} letters, digits, _ and -");
        }

        if (list.Nodes.Count == 0)
        {
            throw NodeLists.Wrong(list.Where, $"group {list.Name} has no node");
        }

        int[] twice = [.. list.Nodes.GroupBy(n => n).Where(g => g.Count() > 1).Select(g => g.Key)];
        return twice.Length == 0
            ? new NodeGroup(list.Name, list.Nodes)
            : throw NodeLists.Wrong(list.Where, $"node {twice[0]} stands twice in group {list.Name}");
    }
}

/// <summary>A group.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Nodes">Its nodes, in the order of the file; at least one, each once.</param>
internal sealed record NodeGroup(string Name, IReadOnlyList<int> Nodes);
