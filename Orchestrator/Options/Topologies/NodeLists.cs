using System.Globalization;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Options.Topologies;

/// <summary>A name and the nodes behind it.</summary>
/// <param name="Name">Before the colon.</param>
/// <param name="Nodes">Behind it, as they stand there.</param>
/// <param name="Where">For messages: the file and the line.</param>
internal sealed record NodeList(string Name, IReadOnlyList<int> Nodes, string Where);

/// <summary>Lists of nodes as users write them: lines like <c>fast: [1, 2]</c> or <c>1: 2 3</c>.</summary>
internal static class NodeLists
{
    private const string Example = "name: [1, 2]";

    /// <summary>Whether a flag's value is the YAML itself.</summary>
    public static bool IsInline(string value) => NamedWords.IsInline(value);

    /// <summary>Reads a flag's value.</summary>
    /// <param name="flag">For messages.</param>
    /// <param name="value">A path, or YAML in braces.</param>
    /// <param name="nodeCount">Ids are from 1 to this.</param>
    /// <exception cref="UserErrorException">There is no such file, or it does not say lists of nodes; names the line.</exception>
    public static IReadOnlyList<NodeList> Read(string flag, string value, int nodeCount) =>
    [
        .. NamedWords.Read(flag, value, Example).Select(l => new NodeList(l.Name, [.. l.Words.Select(w => NodeOf(w.Where, w.Word, nodeCount))], l.Where)),
    ];

    /// <summary>Reads a node's id.</summary>
    /// <exception cref="UserErrorException">It is none.</exception>
    public static int NodeOf(string where, string word, int nodeCount) =>
        int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int node) && node >= 1 && node <= nodeCount
            ? node
            : throw Wrong(where, $"'{word}' is no node: ids are from 1 to {nodeCount}, the --num_nodes");

    /// <summary>What <see cref="Read"/> takes as the same lists, in one line.</summary>
    public static string ToText(IEnumerable<(string Name, IEnumerable<int> Nodes)> lists) =>
        $"{{{string.Join(", ", lists.Select(l => $"{l.Name}: [{string.Join(", ", l.Nodes)}]"))}}}";

    /// <summary>The error of a user who wrote something else.</summary>
    public static UserErrorException Wrong(string where, string what) => NamedWords.Wrong(where, what);
}
