using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace TraversalLearning.Orchestration.Events;

/// <summary>Records as JSON: names in snake case, NaN and infinity as <c>null</c>. What a record requires is missed by its name.</summary>
internal static class RecordJson
{
    /// <summary>On one line.</summary>
    public static JsonSerializerOptions Line { get; } = new()
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        AllowOutOfOrderMetadataProperties = true,
        Converters = { new JsonNumberConverter() },
    };

    /// <summary>A value on each line.</summary>
    public static JsonSerializerOptions Indented { get; } = new(Line) { WriteIndented = true };

    /// <summary>The same, with letters of every alphabet as they are.</summary>
    public static JsonSerializerOptions Readable { get; } = new(Indented) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads a record.</summary>
    /// <exception cref="JsonException">It is malformed.</exception>
    /// <exception cref="FormatException">It is no object, or has not what it must have.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> json)
        where T : class
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException("it is no object");
        }

        Require(document.RootElement, Line.GetTypeInfo(typeof(T)));
        return document.Deserialize<T>(Line)!;
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
