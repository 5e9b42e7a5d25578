using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TraversalLearning.Models.Layers;

/// <summary>Explains why the deserializer rejects a description, in terms of the file rather than of .NET types.</summary>
internal static class DescriptionErrors
{
    private static readonly Key[] ModelKeys = KeysOf(typeof(ModelDescription));

    private static readonly Dictionary<string, Key[]> Kinds = typeof(LayerDescription).GetCustomAttributes<JsonDerivedTypeAttribute>()
        .ToDictionary(a => (string)a.TypeDiscriminator!, a => KeysOf(a.DerivedType), StringComparer.Ordinal);

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = ModelDescription.MaxDepth, AllowDuplicateProperties = false };

    /// <summary>The first error; <see langword="null"/> if the JSON itself is malformed, or there is no error.</summary>
    public static string? Find(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object ? FindInKeys(document.RootElement, ModelKeys, "it", block: string.Empty) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is not valid Unicode.
            return null;
        }
    }

    private static string? FindInLayers(JsonElement layers, string block)
    {
        int number = 0;
        foreach (JsonElement layer in layers.EnumerateArray())
        {
            number++;
            if (layer.ValueKind != JsonValueKind.Object)
            {
                return $"layer {number}{(block.Length > 0 ? $" in '{block}'" : string.Empty)} is not an object";
            }

            string? name = layer.TryGetProperty("name", out JsonElement text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
            string path = block.Length > 0 ? $"{block}.{name ?? $"{number}"}" : name ?? $"{number}";
            string? kind = layer.TryGetProperty("type", out JsonElement type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null;
            if (kind is null || !Kinds.TryGetValue(kind, out Key[]? keys))
            {
                return $"layer '{path}' has {(kind is null ? "no type" : $"the type '{kind}'")}; use one of {string.Join(", ", Kinds.Keys)}";
            }

            if (FindInKeys(layer, keys, $"layer '{path}' ({kind})", path) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    private static string? FindInKeys(JsonElement value, Key[] keys, string what, string block)
    {
        foreach (JsonProperty property in value.EnumerateObject())
        {
            Key? key = Array.Find(keys, k => property.NameEquals(k.Name));
            if (key is null && !(block.Length > 0 && property.NameEquals("type")))
            {
                return $"{what} has no key '{property.Name}'; it takes {string.Join(", ", keys.Select(k => k.Name))}";
            }

            if (key?.Type == typeof(LayerDescription[]) && property.Value.ValueKind == JsonValueKind.Array)
            {
                if (FindInLayers(property.Value, block) is { } error)
                {
                    return error;
                }
            }
            else if (key is not null && Expected(key.Type, property.Value) is { } expected)
            {
                return $"{what}: {key.Name} is not {expected}";
            }
        }

        Key? missing = Array.Find(keys, k => k.Required && !value.TryGetProperty(k.Name, out _));
        return missing is null ? null : $"{what} lacks the key '{missing.Name}'";
    }

    /// <summary>The expected kind of value for a type; <see langword="null"/> if the value matches.</summary>
    private static string? Expected(Type type, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when type == typeof(long) => value.TryGetInt64(out _) ? null : "an integer",
        JsonValueKind.Number when type == typeof(int) => value.TryGetInt32(out _) ? null : "an integer",
        JsonValueKind.Number when type == typeof(double) => null,
        JsonValueKind.String when type == typeof(string) => null,
        JsonValueKind.True or JsonValueKind.False when type == typeof(bool) || type == typeof(bool?) => null,
        JsonValueKind.Array when type == typeof(long[]) => null,
        _ when type == typeof(long) || type == typeof(int) => "an integer",
        _ when type == typeof(double) => "a number",
        _ when type == typeof(string) => "a text",
        _ when type == typeof(bool) || type == typeof(bool?) => "true or false",
        _ => "an array",
    };

    private static Key[] KeysOf(Type type) =>
    [
        .. ModelDescription.Json.GetTypeInfo(type).Properties
            .Where(p => p.AssociatedParameter is not null)
            .Select(p => new Key(p.Name, p.PropertyType, !p.AssociatedParameter!.HasDefaultValue)),
    ];

    private sealed record Key(string Name, Type Type, bool Required);
}
