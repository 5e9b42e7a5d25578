using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TraversalLearning.Data.Tables;

/// <summary>How statistics and preparations are written, and read from whoever wrote them.</summary>
internal static class TableJson
{
    /// <summary>Above every count that a node can have; the sum of those of all nodes is far from overflowing.</summary>
    public const long MaxCount = 1L << 40;

    private const int MaxDepth = 8;

    /// <summary>Numbers are written with as many digits as give them back to the bit.</summary>
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

    /// <summary>The same, for people.</summary>
    public static JsonSerializerOptions Indented { get; } = new(Options) { WriteIndented = true };

    /// <summary>Reads and checks.</summary>
    /// <param name="json">From a message or a file.</param>
    /// <param name="problem">What is wrong with the content, if anything.</param>
    /// <exception cref="TableException">It is malformed, or something is wrong.</exception>
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

    /// <summary>Whether a name stands twice.</summary>
    public static bool IsDoubled(IEnumerable<string> names) => !names.All(new HashSet<string>(StringComparer.Ordinal).Add);
}
