using System.Text.Json;

namespace TraversalLearning.Files;

/// <summary>The header of a safetensors file, checked: its tensors cover the bytes after it, without gap or overlap.</summary>
internal sealed record SafetensorsHeader(IReadOnlyList<SafetensorsEntry> Tensors, IReadOnlyDictionary<string, string> Metadata)
{
    // Three levels are all that the format has.
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 8 };

    /// <summary>Reads the header's JSON.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="json">The header.</param>
    /// <param name="dataStart">Where the tensors' bytes begin in the file.</param>
    /// <param name="dataEnd">Where they end: the file's length.</param>
    /// <exception cref="SafetensorsException">Anything is not as it should be.</exception>
    public static SafetensorsHeader Parse(string path, ReadOnlyMemory<byte> json, long dataStart, long dataEnd)
    {
        if (json.IsEmpty || json.Span[0] != '{')
        {
            throw new SafetensorsException(path, "not a safetensors file (its header does not begin with '{')");
        }

        List<SafetensorsEntry> tensors = [];
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                if (property.NameEquals(SafetensorsFormat.MetadataKey))
                {
                    ReadMetadata(path, property.Value, metadata);
                }
                else
                {
                    tensors.Add(ReadEntry(path, property.Name, property.Value, dataStart, dataEnd));
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is not Unicode.
            throw new SafetensorsException(path, $"its header is not valid JSON ({e.Message})", e);
        }

        tensors.Sort((a, b) => (a.Offset, a.Length).CompareTo((b.Offset, b.Length)));
        CheckCoverage(path, tensors, dataStart, dataEnd);
        return new SafetensorsHeader(tensors, metadata);
    }

    private static void ReadMetadata(string path, JsonElement value, Dictionary<string, string> metadata)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw new SafetensorsException(path, "its metadata is not an object");
        }

        foreach (JsonProperty property in value.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.String)
            {
                throw new SafetensorsException(path, $"its metadata {property.Name} is not text");
            }

            metadata[property.Name] = property.Value.GetString()!;
        }
    }

    private static SafetensorsEntry ReadEntry(string path, string name, JsonElement value, long dataStart, long dataEnd)
    {
        if (value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out JsonElement dtypeElement)
            || dtypeElement.ValueKind != JsonValueKind.String
            || ReadIntegers(value, "shape") is not { } shape
            || ReadIntegers(value, "data_offsets") is not [long begin, long end])
        {
            throw new SafetensorsException(path, $"tensor {name} has not the dtype, shape and data_offsets that it should have");
        }

        string dtype = dtypeElement.GetString()!;
        if (begin > end || end > dataEnd - dataStart)
        {
            throw new SafetensorsException(path, $"tensor {name} lies at {begin} to {end} of {dataEnd - dataStart} bytes of data (truncated?)");
        }

        if (SafetensorsFormat.ByteLength(dtype, shape) != end - begin)
        {
            throw new SafetensorsException(path, $"tensor {name} has {end - begin} bytes, which are not {dtype}[{string.Join(", ", shape)}]");
        }

        return new SafetensorsEntry(name, dtype, shape, dataStart + begin, end - begin);
    }

    // The non-negative integers of an array, or null if it is anything else.
    private static long[]? ReadIntegers(JsonElement value, string property)
    {
        if (!value.TryGetProperty(property, out JsonElement array) || array.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        long[] integers = new long[array.GetArrayLength()];
        int i = 0;
        foreach (JsonElement element in array.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out integers[i]) || integers[i] < 0)
            {
                return null;
            }

            i++;
        }

        return integers;
    }

    private static void CheckCoverage(string path, List<SafetensorsEntry> tensors, long dataStart, long dataEnd)
    {
        long position = dataStart;
        foreach (SafetensorsEntry tensor in tensors)
        {
            if (tensor.Offset != position)
            {
                throw new SafetensorsException(path, $"tensor {tensor.Name} {(tensor.Offset < position ? "overlaps the one before it" : "leaves a gap before it")}");
            }

            position += tensor.Length;
        }

        if (position != dataEnd)
        {
            throw new SafetensorsException(path, $"has {dataEnd - position} bytes after its last tensor");
        }
    }
}
