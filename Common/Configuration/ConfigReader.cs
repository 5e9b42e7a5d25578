using TraversalLearning.Hosting;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace TraversalLearning.Configuration;

/// <summary>
/// Reads one YAML file: mappings, lists and texts, anchors and their aliases. Whatever a file can do to its reader is bounded: its length, how deep it
/// nests, and how much there is in it once every alias stands for what it repeats.
/// </summary>
public sealed class ConfigReader
{
    private const int MaxLength = 1 << 20;
    private const int MaxDepth = 20;
    private const long MaxSize = 100_000;

    private readonly string _file;
    private readonly ConfigKind _kind;
    private readonly Parser _yaml;
    private readonly Dictionary<AnchorName, ConfigNode> _anchors = [];

    private ConfigReader(string file, ConfigKind kind, string text)
    {
        _file = file;
        _kind = kind;
        _yaml = new Parser(new StringReader(text));
    }

    /// <summary>Reads a file, which is a mapping.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="includedAt">Where another file names it; <see langword="null"/> if none does.</param>
    /// <exception cref="UserErrorException">It cannot be read, or is no such file; names the line.</exception>
    public static ConfigMap Read(string path, ConfigKind kind, FilePosition? includedAt = null)
    {
        string text = ReadText(path, kind, includedAt);
        var reader = new ConfigReader(path, kind, text);
        try
        {
            return reader.ReadDocument();
        }
        catch (YamlException e)
        {
            throw reader.Explain(e, text);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // What the parser throws where a bracket is never closed, and at a tag that is no URI.
            throw reader.At(reader._yaml.Current?.Start ?? Mark.Empty).Wrong(string.Empty, "is no YAML: brackets, braces and quotes stand in pairs, and there are no tags");
        }
    }

    private static string ReadText(string path, ConfigKind kind, FilePosition? includedAt)
    {
        string problem;
        try
        {
            var file = new FileInfo(path);
            if (file is not { Exists: true, Length: > MaxLength })
            {
                return File.ReadAllText(path);
            }

            problem = $"is over {MaxLength >> 20} MiB: that is no {kind.Noun}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            problem = $"cannot be read: {e.Message}";
        }

        throw includedAt?.Wrong("include", $"{path} {problem}") ?? new UserErrorException(ExitCode.Usage, Wire.Printable.Escape($"{path}: {problem}"));
    }

    /// <summary>The parser's words; but for tabs, of which it says neither where nor what to do.</summary>
    private UserErrorException Explain(YamlException error, string text)
    {
        int tab = Array.FindIndex(text.Split('\n'), line => line[..^line.TrimStart().Length].Contains('\t', StringComparison.Ordinal));
        return tab >= 0
            ? new FilePosition(_file, tab + 1).Wrong(string.Empty, "is no YAML: a line begins with blanks, not with a tab")
            : At(error.Start).Wrong(string.Empty, $"is no YAML: {error.Message}");
    }

    private ConfigMap ReadDocument()
    {
        _yaml.Consume<StreamStart>();
        if (_yaml.Accept<StreamEnd>(out _))
        {
            throw At(Mark.Empty).Wrong(string.Empty, $"is empty; {_kind.Least}");
        }

        _yaml.Consume<DocumentStart>();
        ConfigNode node = ReadNode(depth: 0);
        _yaml.Consume<DocumentEnd>();
        return _yaml.Accept<DocumentStart>(out DocumentStart? second)
            ? throw At(second.Start).Wrong(string.Empty, $"has a second document; a {_kind.Noun} is one")
            : node as ConfigMap ?? throw node.At.Wrong(string.Empty, $"is {node.Kind}; a {_kind.Noun} is a mapping, with keys such as '{_kind.Key}:'");
    }

    private ConfigNode ReadNode(int depth)
    {
        if (_yaml.TryConsume<AnchorAlias>(out AnchorAlias? alias))
        {
            return _anchors.TryGetValue(alias.Value, out ConfigNode? known)
                ? known
                : throw At(alias.Start).Wrong(string.Empty, $"*{alias.Value}: there is no &{alias.Value} before it");
        }

        if (!_yaml.Accept<NodeEvent>(out NodeEvent? start))
        {
            throw At(_yaml.Current!.Start).Wrong(string.Empty, "a key or a value is missing");
        }

        if (depth > MaxDepth)
        {
            throw At(start.Start).Wrong(string.Empty, $"nests deeper than {MaxDepth} levels");
        }

        ConfigNode node = start switch
        {
            MappingStart => ReadMap(depth),
            SequenceStart => ReadList(depth),
            _ => ReadText(),
        };
        if (node.Size > MaxSize)
        {
            throw node.At.Wrong(string.Empty, $"has over {MaxSize} keys and values, with every alias written out; a {_kind.Noun} has fewer");
        }

        if (!start.Anchor.IsEmpty)
        {
            _anchors[start.Anchor] = node;
        }

        return node;
    }

    private ConfigText ReadText()
    {
        Scalar text = _yaml.Consume<Scalar>();
        return new ConfigText(At(text.Start), text.Value, text.Style == ScalarStyle.Plain);
    }

    private ConfigList ReadList(int depth)
    {
        SequenceStart start = _yaml.Consume<SequenceStart>();
        var items = new List<ConfigNode>();
        while (!_yaml.TryConsume<SequenceEnd>(out _))
        {
            items.Add(ReadNode(depth + 1));
        }

        return new ConfigList(At(start.Start), items);
    }

    private ConfigMap ReadMap(int depth)
    {
        MappingStart start = _yaml.Consume<MappingStart>();
        var entries = new Dictionary<string, ConfigEntry>(StringComparer.Ordinal);
        var order = new List<ConfigEntry>();
        while (!_yaml.TryConsume<MappingEnd>(out _))
        {
            ConfigText key = ReadNode(depth + 1) as ConfigText ?? throw At(_yaml.Current!.Start).Wrong(string.Empty, "a key is a text");
            var entry = new ConfigEntry(key.Value, key.At, ReadNode(depth + 1));
            if (!entries.TryAdd(entry.Key, entry))
            {
                throw entry.At.Wrong(entry.Key, $"stands twice; it is in line {entries[entry.Key].At.Line} too");
            }

            order.Add(entry);
        }

        return new ConfigMap(At(start.Start), order);
    }

    private FilePosition At(Mark mark) => new(_file, Math.Max(1, mark.Line));
}
