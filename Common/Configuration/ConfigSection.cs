using System.Globalization;

namespace TraversalLearning.Configuration;

/// <summary>A mapping whose keys are known: it refuses the others, and values of the wrong type.</summary>
public sealed class ConfigSection
{
    private readonly ConfigMap _map;
    private readonly string _path;

    /// <summary>Refuses keys that are not known.</summary>
    /// <param name="map">What the file says.</param>
    /// <param name="path">Its own key, with those around it; empty for the file itself.</param>
    /// <param name="known">The keys that it may have.</param>
    /// <exception cref="Hosting.UserErrorException">It has another.</exception>
    public ConfigSection(ConfigMap map, string path, params IReadOnlyCollection<string> known)
    {
        _map = map;
        _path = path;
        if (map.Entries.FirstOrDefault(e => !known.Contains(e.Key, StringComparer.Ordinal)) is { } strange)
        {
            throw strange.At.Wrong(KeyOf(strange.Key), NearestWord.Unknown("key", strange.Key, known));
        }
    }

    /// <summary>Where it begins.</summary>
    public FilePosition At => _map.At;

    /// <summary>What stands under a key; <see langword="null"/> if it is not there.</summary>
    public ConfigEntry? Find(string key) => _map.Find(key);

    /// <summary>A key with those around it.</summary>
    public string KeyOf(string key) => _path.Length > 0 ? $"{_path}.{key}" : key;

    /// <summary>A mapping under a key; <see langword="null"/> if the key is not there.</summary>
    public ConfigMap? Map(string key) => Find(key) is not { } entry ? null
        : entry.Value as ConfigMap ?? throw Wrong(entry, "a mapping, keys and values under it");

    /// <summary>A text under a key; <see langword="null"/> if the key is not there.</summary>
    /// <param name="key">Which.</param>
    /// <param name="expected">What it is, for messages.</param>
    public string? Text(string key, string expected = "a text") => Find(key) is not { } entry ? null
        : entry.Value is ConfigText { Value.Length: > 0 } text ? text.Value
        : throw Wrong(entry, expected);

    /// <summary>One of a few words under a key; <see langword="null"/> if the key is not there.</summary>
    public string? Word(string key, params IReadOnlyList<string> words)
    {
        string expected = $"one of {string.Join(", ", words)}";
        return Text(key, expected) is not { } text ? null
            : words.Contains(text, StringComparer.Ordinal) ? text
            : throw Wrong(Find(key)!, expected);
    }

    /// <summary>A whole number under a key; <see langword="null"/> if the key is not there.</summary>
    public int? Int(string key, int min, int max)
    {
        string expected = string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}");
        return Text(key, expected) is not { } text ? null
            : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= min && value <= max ? value
            : throw Wrong(Find(key)!, expected);
    }

    /// <summary>A number under a key; <see langword="null"/> if the key is not there.</summary>
    public double? Number(string key, double min, double max)
    {
        string expected = string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}");
        return Text(key, expected) is not { } text ? null
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= min && value <= max ? value
            : throw Wrong(Find(key)!, expected);
    }

    /// <summary>A list of texts under a key, or a single one; <see langword="null"/> if the key is not there.</summary>
    /// <param name="key">The key.</param>
    /// <param name="known">The texts that may stand there; empty for any.</param>
    public string[]? Words(string key, params IReadOnlyCollection<string> known)
    {
        if (Find(key) is not { } entry)
        {
            return null;
        }

        IReadOnlyList<ConfigNode> items = entry.Value is ConfigList list ? list.Items : [entry.Value];
        foreach (ConfigNode item in items)
        {
            if (item is not ConfigText { Value.Length: > 0, IsNull: false } text)
            {
                throw item.At.Wrong(KeyOf(key), $"takes a list such as [{string.Join(", ", known.DefaultIfEmpty("a").Take(2))}], not {item.Kind}");
            }

            if (known.Count > 0 && !known.Contains(text.Value, StringComparer.Ordinal))
            {
                throw item.At.Wrong(KeyOf(key), NearestWord.Unknown($"word as '{text.Value}' here", text.Value, known));
            }
        }

        return [.. items.Cast<ConfigText>().Select(t => t.Value)];
    }

    /// <summary>A seed under a key; <see langword="null"/> if the key is not there.</summary>
    public ulong? Seed(string key)
    {
        const string Expected = "a whole number that is not negative";
        return Text(key, Expected) is not { } text ? null
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) ? value
            : throw Wrong(Find(key)!, Expected);
    }

    /// <summary>The error for a value that is not what it must be.</summary>
    public Hosting.UserErrorException Wrong(ConfigEntry entry, string expected) =>
        entry.Value.At.Wrong(KeyOf(entry.Key), $"takes {expected}, not {entry.Value.Kind}");
}
