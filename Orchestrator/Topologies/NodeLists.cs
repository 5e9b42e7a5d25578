using System.Globalization;
using TraversalLearning.Hosting;
using TraversalLearning.Wire;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace TraversalLearning.Orchestration.Topologies;

/// <summary>A name and the nodes behind it.</summary>
/// <param name="Name">Before the colon.</param>
/// <param name="Nodes">Behind it, as they stand there.</param>
/// <param name="Where">For messages: the file and the line.</param>
internal sealed record NodeList(string Name, IReadOnlyList<int> Nodes, string Where);

/// <summary>
/// Lists of nodes as users write them, in YAML: lines like <c>fast: [1, 2]</c> or <c>1: 2 3</c>. A flag takes the path of a file, or the YAML itself in
/// braces; so a checkpoint, which keeps flags, keeps what the lists say and not where they stood.
/// </summary>
internal static class NodeLists
{
    private const long MaxLength = 16 << 20;

    /// <summary>Whether a flag's value is the YAML itself.</summary>
    public static bool IsInline(string value) => value.StartsWith('{');

    /// <summary>Reads a flag's value.</summary>
    /// <param name="flag">For messages.</param>
    /// <param name="value">A path, or YAML in braces.</param>
    /// <param name="nodeCount">Ids are from 1 to this.</param>
    /// <exception cref="UserErrorException">There is no such file, or it does not say lists of nodes; names the line.</exception>
    public static IReadOnlyList<NodeList> Read(string flag, string value, int nodeCount)
    {
        bool inline = IsInline(value);
        string source = inline ? flag : $"{flag} {value}";
        string text = inline ? value : ReadFile(source, value);
        var yaml = new Parser(new StringReader(text));
        try
        {
            return Parse(source, yaml, nodeCount);
        }
        catch (YamlException e)
        {
            throw Wrong(At(source, e.Start), $"lines are like 'name: [1, 2]' ({e.Message})");
        }
        catch (InvalidOperationException)
        {
            // What the parser throws where a bracket is never closed.
            throw Wrong(yaml.Current is { } last ? At(source, last.Start) : source, "lines are like 'name: [1, 2]', with brackets in pairs");
        }
    }

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
    public static UserErrorException Wrong(string where, string what) => new(ExitCode.Usage, Printable.Escape($"{where}: {what}"));

    private static string ReadFile(string source, string path)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: > MaxLength }
                ? throw Wrong(source, $"is over {MaxLength >> 20} MiB: that is no list of nodes")
                : File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Wrong(source, $"cannot be read: {e.Message}");
        }
    }

    /// <summary>One map of lists, and nothing else: no nesting, no references.</summary>
    private static List<NodeList> Parse(string source, Parser yaml, int nodeCount)
    {
        var lists = new List<NodeList>();
        yaml.Consume<StreamStart>();
        yaml.Consume<DocumentStart>();
        yaml.Consume<MappingStart>();
        while (!yaml.TryConsume<MappingEnd>(out _))
        {
            Scalar key = yaml.Consume<Scalar>();
            string where = At(source, key.Start);
            if (lists.Any(l => string.Equals(l.Name, key.Value, StringComparison.Ordinal)))
            {
                throw Wrong(where, $"'{key.Value}' stands twice");
            }

            lists.Add(new NodeList(key.Value, [.. Words(yaml).Select(w => NodeOf(At(source, w.Mark), w.Word, nodeCount))], where));
        }

        yaml.Consume<DocumentEnd>();
        yaml.Consume<StreamEnd>();
        return lists;
    }

    /// <summary>The words of a text, or the elements of a sequence.</summary>
    private static List<(string Word, Mark Mark)> Words(Parser yaml)
    {
        var words = new List<(string, Mark)>();
        if (yaml.Accept<Scalar>(out _))
        {
            Scalar text = yaml.Consume<Scalar>();
            words.AddRange(text.Value.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).Select(w => (w, text.Start)));
            return words;
        }

        yaml.Consume<SequenceStart>();
        while (!yaml.TryConsume<SequenceEnd>(out _))
        {
            Scalar element = yaml.Consume<Scalar>();
            words.Add((element.Value, element.Start));
        }

        return words;
    }

    private static string At(string source, Mark mark) => $"{source}:{mark.Line}";
}
