namespace TraversalLearning.Configuration;

/// <summary>What a file says somewhere: a text, a list or a mapping.</summary>
/// <param name="At">Where.</param>
/// <param name="Size">How many there are in it, itself among them; what an alias repeats counts again.</param>
public abstract record ConfigNode(FilePosition At, long Size)
{
    /// <summary>For messages.</summary>
    public abstract string Kind { get; }
}

/// <summary>A text; numbers and truth are texts too, until somebody reads them.</summary>
/// <param name="At">Where.</param>
/// <param name="Value">Without quotes.</param>
/// <param name="IsPlain">Whether it stands there without quotes.</param>
public sealed record ConfigText(FilePosition At, string Value, bool IsPlain) : ConfigNode(At, 1)
{
    /// <summary>Whether it takes back what an included file says.</summary>
    public bool IsNull => IsPlain && Value is "~" or "null";

    /// <summary>Whether nothing stands there at all.</summary>
    public bool IsMissing => IsPlain && Value.Length == 0;

    /// <inheritdoc/>
    public override string Kind => IsMissing ? "nothing" : $"'{Value}'";
}

/// <summary>A list.</summary>
/// <param name="At">Where it begins.</param>
/// <param name="Items">What is in it.</param>
public sealed record ConfigList(FilePosition At, IReadOnlyList<ConfigNode> Items) : ConfigNode(At, 1 + Items.Sum(i => i.Size))
{
    /// <inheritdoc/>
    public override string Kind => "a list";
}

/// <summary>A key of a mapping.</summary>
/// <param name="Key">Its name.</param>
/// <param name="At">Where it stands.</param>
/// <param name="Value">What stands behind it.</param>
public sealed record ConfigEntry(string Key, FilePosition At, ConfigNode Value);

/// <summary>A mapping.</summary>
/// <param name="At">Where it begins.</param>
/// <param name="Entries">In the order of the file; no key twice.</param>
public sealed record ConfigMap(FilePosition At, IReadOnlyList<ConfigEntry> Entries) : ConfigNode(At, 1 + Entries.Sum(e => 1 + e.Value.Size))
{
    /// <inheritdoc/>
    public override string Kind => "a mapping";

    /// <summary>What stands under a key; <see langword="null"/> if it is not there.</summary>
    public ConfigEntry? Find(string key) => Entries.FirstOrDefault(e => string.Equals(e.Key, key, StringComparison.Ordinal));

    /// <summary>Both mappings: where they say the same key, this one holds, unless both have a mapping there, which become one as well.</summary>
    public ConfigMap Over(ConfigMap below) => new(
        At,
        [
            .. below.Entries.Select(b => Find(b.Key) is not { } own ? b
                : own.Value is ConfigMap mine && b.Value is ConfigMap other ? own with { Value = mine.Over(other) }
                : own),
            .. Entries.Where(e => below.Find(e.Key) is null),
        ]);

    /// <summary>The same, without the keys that are taken back.</summary>
    public ConfigMap WithoutNulls() => new(
        At,
        [.. Entries.Where(e => e.Value is not ConfigText { IsNull: true }).Select(e => e.Value is ConfigMap inner ? e with { Value = inner.WithoutNulls() } : e)]);
}
