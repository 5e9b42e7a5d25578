using TraversalLearning.Hosting;

namespace TraversalLearning.Configuration;

/// <summary>
/// A file with those that it includes: <c>include: base.yaml</c>, or a list of which later ones hold over earlier ones, and the file over all. Names are
/// relative to the file in which they stand.
/// </summary>
public sealed class ConfigIncludes
{
    /// <summary>The key.</summary>
    public const string Key = "include";

    private const int MaxFiles = 100;

    private readonly ConfigKind _kind;
    private int _files;

    private ConfigIncludes(ConfigKind kind) => _kind = kind;

    /// <summary>Reads it, with keys taken back that are given as <c>~</c>.</summary>
    /// <exception cref="UserErrorException">One of the files cannot be read, or includes itself in the end; says where.</exception>
    public static ConfigMap Read(string path, ConfigKind kind) => new ConfigIncludes(kind).ReadOne(path, null, []).WithoutNulls();

    private ConfigMap ReadOne(string path, FilePosition? includedAt, string[] chain)
    {
        string full = Path.GetFullPath(path);
        if (includedAt is not null && chain.Contains(full, StringComparer.Ordinal))
        {
            IEnumerable<string> circle = [.. chain.SkipWhile(f => f != full), full];
            throw includedAt.Wrong(Key, $"the files include each other in a circle: {string.Join(" → ", circle.Select(Path.GetFileName))}");
        }

        if (++_files > MaxFiles)
        {
            throw includedAt!.Wrong(Key, $"over {MaxFiles} files are included in all");
        }

        ConfigMap own = ConfigReader.Read(path, _kind, includedAt);
        if (own.Find(Key) is not { } include)
        {
            return own;
        }

        var merged = new ConfigMap(own.At, []);
        foreach (ConfigText name in Names(include))
        {
            string included = Path.Combine(Path.GetDirectoryName(path) ?? string.Empty, name.Value);
            merged = ReadOne(included, name.At, [.. chain, full]).Over(merged);
        }

        return new ConfigMap(own.At, [.. own.Entries.Where(e => e != include)]).Over(merged);
    }

    private static IEnumerable<ConfigText> Names(ConfigEntry include) => include.Value switch
    {
        ConfigText { IsNull: true } => [],
        ConfigText { Value.Length: > 0 } one => [one],
        ConfigList list when list.Items.All(i => i is ConfigText { Value.Length: > 0 }) => list.Items.Cast<ConfigText>(),
        _ => throw include.Value.At.Wrong(Key, $"takes the name of a file, or a list of names, not {include.Value.Kind}"),
    };
}
