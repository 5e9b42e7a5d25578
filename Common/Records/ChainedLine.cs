using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace TraversalLearning.Records;

/// <summary>
/// A line with its hash, as the file has it: JSON whose last member is <c>hash</c>, the SHA-256 of the hash of the line
/// before, 64 hexadecimal digits, and this line up to <c>,"hash"</c>.
/// </summary>
internal static class ChainedLine
{
    /// <summary>The hash before the first line.</summary>
    public static readonly string Start = new('0', HashLength);

    private const int HashLength = SHA256.HashSizeInBytes * 2;

    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static ReadOnlySpan<byte> Key => ",\"hash\":\""u8;

    private static ReadOnlySpan<byte> End => "\"}"u8;

    private static int TailLength => Key.Length + HashLength + End.Length;

    /// <summary>Writes a line, with its end.</summary>
    /// <param name="buffer">Its content is replaced; the line begins behind <paramref name="previous"/>.</param>
    /// <param name="line">The line.</param>
    /// <param name="previous">Hash of the line before.</param>
    /// <param name="hash">Hash of this line.</param>
    /// <returns>The bytes of the line, in the buffer.</returns>
    public static ReadOnlySpan<byte> Write(ArrayBufferWriter<byte> buffer, RecordLine line, string previous, out string hash)
    {
        buffer.ResetWrittenCount();
        buffer.Write(Encoding.ASCII.GetBytes(previous));
        using (var writer = new Utf8JsonWriter(buffer, Writing))
        {
            JsonSerializer.Serialize(writer, line, LineJson.Default.RecordLine);
        }

        ReadOnlySpan<byte> hashed = buffer.WrittenSpan[..^1];
        hash = Convert.ToHexStringLower(SHA256.HashData(hashed));

        // The tail takes the place of the object's end.
        int length = hashed.Length;
        buffer.Write(new byte[TailLength]);
        Span<byte> tail = System.Runtime.InteropServices.MemoryMarshal.AsMemory(buffer.WrittenMemory[length..]).Span;
        Key.CopyTo(tail);
        Encoding.ASCII.GetBytes(hash, tail[Key.Length..]);
        End.CopyTo(tail[(Key.Length + HashLength)..]);
        tail[^1] = (byte)'\n';
        return buffer.WrittenSpan[previous.Length..];
    }

    /// <summary>Reads a line, without its end.</summary>
    /// <param name="text">The line.</param>
    /// <param name="line">What it says.</param>
    /// <param name="hash">The hash in it.</param>
    /// <returns>Whether it is a line of a record; its hash may be wrong.</returns>
    public static bool TryRead(ReadOnlySpan<byte> text, [NotNullWhen(true)] out RecordLine? line, out string hash)
    {
        (line, hash) = (null, string.Empty);
        if (text.Length <= TailLength || !text.EndsWith(End) || !text[^TailLength..].StartsWith(Key))
        {
            return false;
        }

        try
        {
            line = JsonSerializer.Deserialize(text, LineJson.Default.RecordLine);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return false;
        }

        hash = Encoding.ASCII.GetString(text.Slice(text.Length - End.Length - HashLength, HashLength));
        return line is not null;
    }

    /// <summary>The hash that a line must have.</summary>
    /// <param name="previous">Hash of the line before.</param>
    /// <param name="text">The line, as for <see cref="TryRead"/>.</param>
    public static string HashOf(string previous, ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> body = text[..^TailLength];
        byte[] hashed = ArrayPool<byte>.Shared.Rent(previous.Length + body.Length);
        int length = Encoding.ASCII.GetBytes(previous, hashed);
        body.CopyTo(hashed.AsSpan(length));
        string hash = Convert.ToHexStringLower(SHA256.HashData(hashed.AsSpan(0, length + body.Length)));
        ArrayPool<byte>.Shared.Return(hashed);
        return hash;
    }
}
