using TraversalLearning.Hosting;
using TraversalLearning.Wire;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace TraversalLearning.Orchestration.Options.Topologies;

/// <summary>
/// A name followed by words, the YAML form of settings for nodes: lines like <c>fast: [1, 2]</c> or <c>1: 2 3</c>. A
/// flag accepts a file path, or the YAML itself in braces; checkpoints, which store flags, thus keep the content rather
/// than a path.
/// </summary>
/// <param name="Name">The part before the colon.</param>
/// <param name="Words">The words after it, each with its position for messages.</param>
/// <param name="Where">File and line, for messages.</param>
internal sealed record NamedWords(string Name, IReadOnlyList<(string Word, string Where)> Words, string Where)
{
    private const long MaxLength = 16 << 20;

    /// <summary>Whether a flag's value is the YAML itself.</summary>
    public static bool IsInline(string value) => value.StartsWith('{');

    /// <summary>Parses a flag's value.</summary>
    /// <param name="flag">For messages.</param>
    /// <param name="value">A path, or YAML in braces.</param>
    /// <param name="example">An example line, for messages.</param>
    /// <exception cref="UserErrorException">The file does not exist, or a line is invalid; the message gives the
    /// line.</exception>
    public static IReadOnlyList<NamedWords> Read(string flag, string value, string example)
    {
        bool inline = IsInline(value);
        string source = inline ? flag : $"{flag} {value}";
        string text = inline ? value : ReadFile(source, value);
        var yaml = new Parser(new StringReader(text));
        try
        {
            return Parse(source, yaml);
        }
        catch (YamlException e)
        {
            throw Wrong(At(source, e.Start), $"lines are like '{example}' ({e.Message})");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // Thrown by the parser for an unclosed bracket, and for a tag that is not a URI.
            throw Wrong(yaml.Current is { } last ? At(source, last.Start) : source, $"lines are like '{example}', with brackets in pairs and without tags");
        }
    }

    /// <summary>The error for invalid content.</summary>
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

    /// <summary>Parses a single map of lists: no nesting, no references.</summary>
    private static List<NamedWords> Parse(string source, Parser yaml)
    {
        var lists = new List<NamedWords>();
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

            lists.Add(new NamedWords(key.Value, ReadWords(source, yaml), where));
        }

        yaml.Consume<DocumentEnd>();
        yaml.Consume<StreamEnd>();
        return lists;
    }

    /// <summary>The words of a text, or the elements of a sequence.</summary>
    private static List<(string Word, string Where)> ReadWords(string source, Parser yaml)
    {
        var words = new List<(string, string)>();
        if (yaml.Accept<Scalar>(out _))
        {
            Scalar text = yaml.Consume<Scalar>();
            words.AddRange(text.Value.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).Select(w => (w, At(source, text.Start))));
            return words;
        }

        yaml.Consume<SequenceStart>();
        while (!yaml.TryConsume<SequenceEnd>(out _))
        {
            Scalar element = yaml.Consume<Scalar>();
            words.Add((element.Value, At(source, element.Start)));
        }

        return words;
    }

    private static string At(string source, Mark mark) => $"{source}:{mark.Line}";
}
