using System.Text.Json;

namespace TraversalLearning.Data.Tables;

/// <summary>A <c>schema.json</c>, read key by key, so that errors can name the key.</summary>
internal sealed class SchemaFile : IDisposable
{
    /// <summary>The file's name.</summary>
    public const string Name = "schema.json";

    private const int MaxLength = 1 << 20;

    private static readonly JsonDocumentOptions Json = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false, MaxDepth = 8 };

    private readonly string _path;
    private readonly JsonDocument _document;

    private SchemaFile(string path, JsonDocument document)
    {
        _path = path;
        _document = document;
    }

    /// <summary>Whether a directory has a schema.</summary>
    public static bool IsIn(string directory) => File.Exists(Path.Combine(directory, Name));

    /// <summary>Opens a directory's schema.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="purpose">What the file is for and an example; part of the message if it is missing.</param>
    /// <exception cref="DataException">The file is missing or not a JSON object.</exception>
    public static SchemaFile Open(string directory, string purpose)
    {
        string path = Path.Combine(directory, Name);
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxLength })
            {
                throw new DataException(path, $"has more than {MaxLength} bytes");
            }

            var document = JsonDocument.Parse(File.ReadAllText(path), Json);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return new SchemaFile(path, document);
            }

            document.Dispose();
            throw new DataException(path, $"is no JSON object; {purpose}");
        }
        catch (FileNotFoundException e)
        {
            throw new DataException(path, $"not found; {purpose}", e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is not valid Unicode.
            throw new DataException(path, $"is no JSON: {e.Message.ReplaceLineEndings(" ")}", e);
        }
        catch (Exception e) when (DataException.IsFileError(e))
        {
            throw DataException.Unreadable(path, e);
        }
    }

    /// <summary>Throws on unknown keys.</summary>
    /// <exception cref="DataException">A key is unknown.</exception>
    public void RequireKeys(IReadOnlyList<string> known)
    {
        foreach (JsonProperty property in _document.RootElement.EnumerateObject())
        {
            if (!known.Contains(property.Name, StringComparer.Ordinal))
            {
                throw Wrong($"has the key '{property.Name}'; it takes {string.Join(", ", known)}");
            }
        }
    }

    /// <summary>The name of a column; <see langword="null"/> if the key is absent.</summary>
    public string? Text(string key) => Value(key) is not { } value ? null
        : NameIn(value) is { Length: > 0 } name ? name
        : throw Wrong($"its \"{key}\" is not the name of a column");

    /// <summary>Texts, unchanged; <see langword="null"/> if the key is absent.</summary>
    public string[]? Texts(string key) => Value(key) is { } value ? Texts(key, value, n => n) : null;

    /// <summary>Names of columns; <see langword="null"/> if the key is absent.</summary>
    public string[]? Columns(string key) => Value(key) is { } value ? Texts(key, value, TableText.Name) : null;

    /// <summary>Categories or classes in canonical spelling, sorted; <see langword="null"/> if the key is absent.</summary>
    public string[]? Names(string key) => Value(key) is { } value ? Names(key, value) : null;

    /// <summary>Categories by column; empty if the key is absent.</summary>
    public IReadOnlyDictionary<string, string[]> NamesByColumn(string key)
    {
        var names = new Dictionary<string, string[]>(StringComparer.Ordinal);
        if (Value(key) is not { } value)
        {
            return names;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            throw Wrong($"its \"{key}\" is not of the form {"{"} \"column\": [\"…\", \"…\"] {"}"}");
        }

        foreach (JsonProperty column in value.EnumerateObject())
        {
            if (!names.TryAdd(TableText.Name(column.Name), Names($"{key}: {column.Name}", column.Value)))
            {
                throw Wrong($"its \"{key}\" has the column '{column.Name}' twice");
            }
        }

        return names;
    }

    /// <summary>A number of an object; <paramref name="otherwise"/> if absent.</summary>
    public double Number(string key, string name, double otherwise) =>
        Value(key) is not { } value ? otherwise
        : value.ValueKind != JsonValueKind.Object ? throw Wrong($"its \"{key}\" is not of the form {"{"} \"{name}\": … {"}"}")
        : !value.TryGetProperty(name, out JsonElement number) ? otherwise
        : number.ValueKind == JsonValueKind.Number && number.TryGetDouble(out double read) && double.IsFinite(read) ? read
        : throw Wrong($"its \"{key}\": \"{name}\" is not a number");

    /// <summary>An exception for an error in the file.</summary>
    public DataException Wrong(string problem) => new(_path, problem);

    /// <inheritdoc/>
    public void Dispose() => _document.Dispose();

    private static string? NameIn(JsonElement value) => value.ValueKind == JsonValueKind.String ? TableText.Name(value.GetString()!) : null;

    private JsonElement? Value(string key) => _document.RootElement.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private string[] Names(string key, JsonElement value)
    {
        string[] names = Texts(key, value, TableText.Value);
        string? twice = names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1)?.Key;
        return twice is not null ? throw Wrong($"its \"{key}\" has '{twice}' twice")
            : names.Length == 0 || names.Contains(string.Empty, StringComparer.Ordinal) ? throw Wrong($"its \"{key}\" is empty, or has a name that is")
            : Vocabulary.Sort(names);
    }

    // Numbers are accepted as texts: numeric classes are often written that way.
    private string[] Texts(string key, JsonElement value, Func<string, string> spelling) =>
        value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(v => v.ValueKind is JsonValueKind.String or JsonValueKind.Number)
            ? [.. value.EnumerateArray().Select(v => spelling(v.ValueKind == JsonValueKind.String ? v.GetString()! : v.GetRawText()))]
            : throw Wrong($"its \"{key}\" is not a list of texts, such as [\"…\", \"…\"]");
}
