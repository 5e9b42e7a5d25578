using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using TraversalLearning.Messages;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes;

/// <summary>
/// What a node says of itself when it is asked, beside its id and its number of samples: names and values, for people and for reports. Nothing
/// in training depends on it.
/// </summary>
public sealed partial class NodeMetadata
{
    /// <summary>The most entries.</summary>
    public const int MaxEntries = 32;

    /// <summary>The most characters of a value.</summary>
    public const int MaxValueLength = 100;

    private NodeMetadata(IReadOnlyDictionary<string, string> entries) => Entries = entries;

    /// <summary>Nothing.</summary>
    public static NodeMetadata None { get; } = new(new SortedDictionary<string, string>(StringComparer.Ordinal));

    /// <summary>In the order of the names.</summary>
    public IReadOnlyDictionary<string, string> Entries { get; }

    /// <summary>Reads a text of the command line, such as <c>site=Bern,scanner=3T</c>.</summary>
    /// <exception cref="FormatException">It is none; the message is what would be one.</exception>
    public static NodeMetadata Parse(string text)
    {
        NodeMetadata metadata = None;
        foreach (string entry in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] parts = entry.Split('=', 2);
            metadata = parts.Length == 2 && !metadata.Entries.ContainsKey(parts[0]) ? metadata.With(parts[0], parts[1]) : throw Malformed();
        }

        return metadata;
    }

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="FormatException">It did not.</exception>
    public static NodeMetadata FromJson(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 2 });
            NodeMetadata metadata = None;
            foreach (JsonProperty entry in document.RootElement.EnumerateObject())
            {
                metadata = metadata.With(entry.Name, entry.Value.GetString() ?? throw Malformed());
            }

            return metadata;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new FormatException("it is no JSON object of texts", e);
        }
    }

    /// <summary>The same and one more; an entry of the name is replaced.</summary>
    /// <exception cref="FormatException">The name or the value is not one.</exception>
    public NodeMetadata With(string name, string value)
    {
        if (!Name().IsMatch(name) || value.Length > MaxValueLength || (Entries.Count == MaxEntries && !Entries.ContainsKey(name)))
        {
            throw Malformed();
        }

        var entries = new SortedDictionary<string, string>(StringComparer.Ordinal) { [name] = value };
        foreach ((string known, string what) in Entries)
        {
            entries.TryAdd(known, what);
        }

        var metadata = new NodeMetadata(entries);
        return Encoding.UTF8.GetByteCount(metadata.ToJson()) <= IndexRange.MaxMetadata ? metadata : throw Malformed();
    }

    /// <summary>As a JSON object of texts.</summary>
    public string ToJson() => JsonSerializer.Serialize(Entries);

    /// <summary>Fit for a line of a log, whoever wrote the values.</summary>
    public override string ToString() => string.Join(", ", Entries.Select(e => $"{e.Key}={Printable.Escape(e.Value)}"));

    private static FormatException Malformed() => new(string.Create(
        CultureInfo.InvariantCulture,
        $"at most {MaxEntries} of name=value, separated by commas, names of up to 64 of a-z, 0-9 and _, values of up to {MaxValueLength} characters"));

    [GeneratedRegex("^[a-z0-9_]{1,64}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
