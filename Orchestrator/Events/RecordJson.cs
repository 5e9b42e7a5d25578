using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace TraversalLearning.Orchestration.Events;

/// <summary>
/// JSON serialisation of records: snake-case names, NaN and infinity as <c>null</c>. A missing required member is
/// reported by name.
/// </summary>
internal static class RecordJson
{
    /// <summary>On a single line.</summary>
    public static JsonSerializerOptions Line { get; } = new()
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        AllowOutOfOrderMetadataProperties = true,
        Converters = { new JsonNumberConverter() },
    };

    /// <summary>Indented.</summary>
    public static JsonSerializerOptions Indented { get; } = new(Line) { WriteIndented = true };

    /// <summary>Indented, with non-ASCII letters unescaped.</summary>
    public static JsonSerializerOptions Readable { get; } = new(Indented) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Deserialises a record.</summary>
    /// <exception cref="JsonException">Malformed JSON.</exception>
    /// <exception cref="FormatException">Empty, or a required member is missing.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> json)
        where T : class
    {
        using var document = JsonDocument.Parse(json);
        Require(document.RootElement, Line.GetTypeInfo(typeof(T)));
        return document.Deserialize<T>(Line) ?? throw new FormatException("it is empty");
    }

    private static void Require(JsonElement element, JsonTypeInfo type)
    {
        if (type.Kind == JsonTypeInfoKind.Enumerable && element.ValueKind == JsonValueKind.Array && type.ElementType is { } item)
        {
            foreach (JsonElement each in element.EnumerateArray())
            {
                Require(each, Line.GetTypeInfo(item));
            }
        }
        else if (type.Kind == JsonTypeInfoKind.Object && element.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonPropertyInfo property in type.Properties)
            {
                RequireProperty(element, property);
            }
        }
    }

    private static void RequireProperty(JsonElement element, JsonPropertyInfo property)
    {
        if (element.TryGetProperty(property.Name, out JsonElement value) && value.ValueKind != JsonValueKind.Null)
        {
            Require(value, Line.GetTypeInfo(property.PropertyType));
        }
        else if (property.IsRequired)
        {
            throw new FormatException($"it has no '{property.Name}'");
        }
    }
}
