using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TraversalLearning.Data.Tables;

/// <summary>JSON of statistics and preparations; input is untrusted.</summary>
internal static class TableJson
{
    /// <summary>Above any possible count of a node, and small enough that the sum over all nodes cannot overflow.</summary>
    public const long MaxCount = 1L << 40;

    private const int MaxDepth = 8;

    /// <summary>Numbers are written with enough digits to round-trip exactly.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = MaxDepth,
    };

    /// <summary>The same options, indented for people.</summary>
    public static JsonSerializerOptions Indented { get; } = new(Options) { WriteIndented = true };

    /// <summary>Parses and validates.</summary>
    /// <param name="json">From a message or a file.</param>
    /// <param name="problem">Returns what is wrong with the content, or null.</param>
    /// <exception cref="TableException">The JSON is malformed, or its content is invalid.</exception>
    public static T Parse<T>(string json, Func<T, string?> problem)
        where T : class
    {
        if (Encoding.UTF8.GetByteCount(json) > TableLimits.MaxJson)
        {
            throw new TableException($"what is said of a table has more than {TableLimits.MaxJson} bytes");
        }

        try
        {
            T read = JsonSerializer.Deserialize<T>(json, Options) ?? throw new TableException("nothing is said of a table");
            return problem(read) is { } wrong ? throw new TableException(wrong) : read;
        }
        catch (JsonException e)
        {
            throw new TableException($"what is said of a table is malformed: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>Whether a name occurs twice.</summary>
    public static bool IsDoubled(IEnumerable<string> names) => !names.All(new HashSet<string>(StringComparer.Ordinal).Add);
}
