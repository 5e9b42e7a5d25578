using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using TraversalLearning.Messages;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes;

/// <summary>
/// Descriptive key-value pairs that a node reports beside its id and number of samples, for people and reports. Training does
/// not depend on them.
/// </summary>
public sealed partial class NodeMetadata
{
    /// <summary>Maximum number of entries.</summary>
    public const int MaxEntries = 32;

    /// <summary>Maximum length of a value in characters.</summary>
    public const int MaxValueLength = 100;

    private NodeMetadata(IReadOnlyDictionary<string, string> entries) => Entries = entries;

    /// <summary>No entries.</summary>
    public static NodeMetadata None { get; } = new(new SortedDictionary<string, string>(StringComparer.Ordinal));

    /// <summary>The entries, ordered by name.</summary>
    public IReadOnlyDictionary<string, string> Entries { get; }

    /// <summary>Parses command-line text such as <c>site=Bern,scanner=3T</c>.</summary>
    /// <exception cref="FormatException">Not valid metadata; the message states the accepted form.</exception>
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

    /// <summary>Parses the output of <see cref="ToJson"/>.</summary>
    /// <exception cref="FormatException">The JSON is not valid metadata.</exception>
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

    /// <summary>A copy with one entry added or replaced.</summary>
    /// <exception cref="FormatException">The name or the value is invalid.</exception>
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

    /// <summary>The entries as a JSON object of strings.</summary>
    public string ToJson() => JsonSerializer.Serialize(Entries);

    /// <summary>The entries as text that is safe to log; untrusted values are escaped.</summary>
    public override string ToString() => string.Join(", ", Entries.Select(e => $"{e.Key}={Printable.Escape(e.Value)}"));

    private static FormatException Malformed() => new(string.Create(
        CultureInfo.InvariantCulture,
        $"at most {MaxEntries} of name=value, separated by commas, names of up to 64 of a-z, 0-9 and _, values of up to {MaxValueLength} characters"));

    [GeneratedRegex("^[a-z0-9_]{1,64}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
