using System.Text.Json;
using System.Text.Json.Serialization;

namespace TraversalLearning.Data;

/// <summary>
/// What a table's columns are, in <c>schema.json</c> beside its files. It is said, not guessed from the values: they look like numbers at one node and like
/// names at another. A column that is not named here holds numbers.
/// </summary>
/// <param name="Label">The column of the classes.</param>
/// <param name="Categorical">Columns of names.</param>
/// <param name="Ignore">Columns that are not used. They may be missing.</param>
internal sealed record TableSchema(string Label, string[]? Categorical = null, string[]? Ignore = null)
{
    /// <summary>Its file's name.</summary>
    public const string FileName = "schema.json";

    private const int MaxLength = 1 << 20;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    /// <summary>Reads the schema of a directory.</summary>
    /// <exception cref="DataException">It is not there, or not one.</exception>
    public static TableSchema Read(string directory)
    {
        string path = Path.Combine(directory, FileName);
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxLength })
            {
                throw new DataException(path, $"has more than {MaxLength} bytes");
            }

            TableSchema schema = JsonSerializer.Deserialize<TableSchema>(File.ReadAllText(path), Json) ?? throw new DataException(path, "says nothing");
            string? twice = schema.Names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1)?.Key;
            return twice is null ? schema : throw new DataException(path, $"names the column '{twice}' twice");
        }
        catch (FileNotFoundException e)
        {
            throw new DataException(path, """not found; it says which column holds the classes, and which hold names: { "label": "…", "categorical": ["…"] }""", e);
        }
        catch (JsonException e)
        {
            throw new DataException(path, $"""is not of the form {"{"} "label": "…", "categorical": ["…"], "ignore": ["…"] {"}"}: {e.Message.ReplaceLineEndings(" ")}""", e);
        }
        catch (Exception e) when (DataException.IsFileError(e))
        {
            throw DataException.Unreadable(path, e);
        }
    }

    /// <summary>All columns that it names.</summary>
    private IEnumerable<string> Names => [Label, .. Categorical ?? [], .. Ignore ?? []];

    /// <summary>What a column holds; <see langword="null"/> if it is the label, or not used.</summary>
    public ColumnKind? KindOf(string column) =>
        column == Label || Ignore?.Contains(column, StringComparer.Ordinal) == true ? null
        : Categorical?.Contains(column, StringComparer.Ordinal) == true ? ColumnKind.Category
        : ColumnKind.Number;

    /// <summary>Checks a header against it.</summary>
    /// <exception cref="DataException">A column has no name, or that of another one, or one that is named here is missing.</exception>
    public void Require(string path, IReadOnlyList<string> header)
    {
        int unnamed = header.ToList().FindIndex(string.IsNullOrEmpty);
        string? twice = header.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1)?.Key;
        string? missing = new[] { Label }.Concat(Categorical ?? []).FirstOrDefault(n => !header.Contains(n, StringComparer.Ordinal));
        string? problem = unnamed >= 0 ? $"column {unnamed + 1} of its header has no name"
            : twice is not null ? $"its header has the column '{twice}' twice"
            : missing is not null ? $"has no column '{missing}', which {FileName} names; its header is {string.Join(',', header.Take(10))}{(header.Count > 10 ? ",…" : string.Empty)}"
            : !header.Any(n => KindOf(n) is not null) ? "has no column but the label"
            : null;
        if (problem is not null)
        {
            throw new DataException(path, problem);
        }
    }
}
