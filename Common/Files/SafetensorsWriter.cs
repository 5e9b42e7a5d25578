using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace TraversalLearning.Files;

/// <summary>Writes safetensors files: whole, or not at all.</summary>
public static class SafetensorsWriter
{
    private static readonly JsonWriterOptions HeaderOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Writes the tensors to a temporary file beside <paramref name="path"/>, flushes it to the disk and renames it: who
    /// reads the path finds the old file or the new one, with the user's own rights. Same tensors and metadata, same bytes.
    /// </summary>
    /// <param name="path">The file to write; replaced if it exists.</param>
    /// <param name="tensors">
    /// The tensors. Those with larger elements come first in the file (otherwise in the order given), so that all are aligned.
    /// </param>
    /// <param name="metadata">Text to keep with them.</param>
    /// <exception cref="ArgumentException">A name is used twice or reserved, or a tensor's bytes do not fit its shape and type.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(string path, IReadOnlyList<SafetensorsTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        Validate(tensors);
        SafetensorsTensor[] ordered = [.. tensors.OrderByDescending(t => SafetensorsFormat.ElementSize(t.Dtype))];
        byte[] header = MakeHeader(ordered, metadata);
        using var file = ReplacedFile.Create(path);
        file.Content.Write(header);
        foreach (SafetensorsTensor tensor in ordered)
        {
            file.Content.Write(tensor.Data.Span);
        }

        file.Commit();
    }

    private static void Validate(IReadOnlyList<SafetensorsTensor> tensors)
    {
        HashSet<string> names = new(StringComparer.Ordinal) { SafetensorsFormat.MetadataKey };
        foreach (SafetensorsTensor tensor in tensors)
        {
            if (!names.Add(tensor.Name))
            {
                throw new ArgumentException($"The name {tensor.Name} is used twice or reserved.", nameof(tensors));
            }

            long? expected = SafetensorsFormat.ByteLength(tensor.Dtype, tensor.Shape);
            if (expected != tensor.Data.Length)
            {
                throw new ArgumentException(
                    $"{tensor.Name} has {tensor.Data.Length} bytes, which are not {tensor.Dtype}[{string.Join(", ", tensor.Shape)}].", nameof(tensors));
            }
        }
    }

    // The length, the JSON, and spaces up to a multiple of eight, so that the data begin aligned.
    private static byte[] MakeHeader(SafetensorsTensor[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write(new byte[SafetensorsFormat.PrefixLength]);
        using (var json = new Utf8JsonWriter(buffer, HeaderOptions))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            WriteEntries(json, tensors);
            json.WriteEndObject();
        }

        int padding = -buffer.WrittenCount & 7;
        buffer.GetSpan(padding)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        byte[] header = buffer.WrittenSpan.ToArray();
        int length = header.Length - SafetensorsFormat.PrefixLength;
        if (length > SafetensorsFormat.MaxHeaderLength)
        {
            throw new ArgumentException($"The header would take {length} bytes, more than the {SafetensorsFormat.MaxHeaderLength} allowed.", nameof(metadata));
        }

        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)length);
        return header;
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is not { Count: > 0 })
        {
            return;
        }

        json.WriteStartObject(SafetensorsFormat.MetadataKey);
        foreach ((string key, string value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    private static void WriteEntries(Utf8JsonWriter json, SafetensorsTensor[] tensors)
    {
        long offset = 0;
        foreach (SafetensorsTensor tensor in tensors)
        {
            json.WriteStartObject(tensor.Name);
            json.WriteString("dtype", tensor.Dtype);
            json.WriteStartArray("shape");
            foreach (long dimension in tensor.Shape)
            {
                json.WriteNumberValue(dimension);
            }

            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(offset);
            offset += tensor.Data.Length;
            json.WriteNumberValue(offset);
            json.WriteEndArray();
            json.WriteEndObject();
        }
    }
}
