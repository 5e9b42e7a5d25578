namespace TraversalLearning.Orchestration.Options.Topologies;

/// <summary>Named groups of nodes, set by <c>--groups</c>. A node may belong to several groups, or to none.</summary>
internal sealed class NodeGroups
{
    /// <summary>The flag.</summary>
    public const string Flag = "--groups";

    private const int MaxNameLength = 64;

    private NodeGroups(IReadOnlyList<NodeGroup> all) => All = all;

    /// <summary>All groups in the order of the file; at least one.</summary>
    public IReadOnlyList<NodeGroup> All { get; }

    /// <summary>Parses the value of the flag: a path, or YAML in braces.</summary>
    /// <exception cref="Hosting.UserErrorException">Invalid content; the message gives the line.</exception>
    public static NodeGroups Read(string value, int nodeCount)
    {
        IReadOnlyList<NodeList> lists = NodeLists.Read(Flag, value, nodeCount);
        return lists.Count > 0
            ? new NodeGroups([.. lists.Select(GroupOf)])
            : throw NodeLists.Wrong($"{Flag} {value}", "has no group");
    }

    /// <summary>The group of that name; <see langword="null"/> if there is none.</summary>
    public NodeGroup? Find(string name) => All.FirstOrDefault(g => string.Equals(g.Name, name, StringComparison.Ordinal));

    /// <summary>An equivalent value for <see cref="Read"/>.</summary>
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
/// <param name="Nodes">Its nodes, in the order of the file; at least one, without duplicates.</param>
internal sealed record NodeGroup(string Name, IReadOnlyList<int> Nodes);
