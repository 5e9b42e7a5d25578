using System.Globalization;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Options.Topologies;

/// <summary>A named list of nodes.</summary>
/// <param name="Name">The part before the colon.</param>
/// <param name="Nodes">The nodes after it, in order.</param>
/// <param name="Where">File and line, for messages.</param>
internal sealed record NodeList(string Name, IReadOnlyList<int> Nodes, string Where);

/// <summary>Parses lists of nodes: lines like <c>fast: [1, 2]</c> or <c>1: 2 3</c>.</summary>
internal static class NodeLists
{
    private const string Example = "name: [1, 2]";

    /// <summary>Whether a flag's value is the YAML itself.</summary>
    public static bool IsInline(string value) => NamedWords.IsInline(value);

    /// <summary>Parses a flag's value.</summary>
    /// <param name="flag">For messages.</param>
    /// <param name="value">A path, or YAML in braces.</param>
    /// <param name="nodeCount">Ids range from 1 to this.</param>
    /// <exception cref="UserErrorException">The file does not exist, or a line is invalid; the message gives the
    /// line.</exception>
    public static IReadOnlyList<NodeList> Read(string flag, string value, int nodeCount) =>
    [
        .. NamedWords.Read(flag, value, Example).Select(l => new NodeList(l.Name, [.. l.Words.Select(w => NodeOf(w.Where, w.Word, nodeCount))], l.Where)),
    ];

    /// <summary>Parses a node id.</summary>
    /// <exception cref="UserErrorException">Not a valid id.</exception>
    public static int NodeOf(string where, string word, int nodeCount) =>
        int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int node) && node >= 1 && node <= nodeCount
            ? node
            : throw Wrong(where, $"'{word}' is no node: ids are from 1 to {nodeCount}, the --num_nodes");

    /// <summary>An equivalent value for <see cref="Read"/>, on one line.</summary>
    public static string ToText(IEnumerable<(string Name, IEnumerable<int> Nodes)> lists) =>
        $"{{{string.Join(", ", lists.Select(l => $"{l.Name}: [{string.Join(", ", l.Nodes)}]"))}}}";

    /// <summary>The error for invalid content.</summary>
    public static UserErrorException Wrong(string where, string what) => NamedWords.Wrong(where, what);
}
