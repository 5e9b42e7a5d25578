using System.Buffers;
using MessagePack;

namespace TraversalLearning.Tests.Support;

/// <summary>Writes MessagePack from plain values, well-formed as such but with whatever content a test wants.</summary>
internal static class Pack
{
    /// <summary>A map with these pairs, in this order, doubled keys and all.</summary>
    public static byte[] Map(params (object? Key, object? Value)[] pairs) => Of(pairs);

    /// <summary>One value: null, numbers, text, bytes (as they stand, taken for MessagePack), arrays, or pairs for a map.</summary>
    public static byte[] Of(object? value)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(output);
        Write(ref writer, value);
        writer.Flush();
        return output.WrittenSpan.ToArray();
    }

    private static void Write(ref MessagePackWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNil();
                break;
            case bool b:
                writer.Write(b);
                break;
            case int i:
                writer.Write(i);
                break;
            case uint u:
                writer.Write(u);
                break;
            case long l:
                writer.Write(l);
                break;
            case ulong l:
                writer.Write(l);
                break;
            case float f:
                writer.Write(f);
                break;
            case double d:
                writer.Write(d);
                break;
            case ReadOnlyMemory<byte> bytes:
                writer.Write(bytes.Span);
                break;
            case string s:
                writer.Write(s);
                break;
            case byte[] encoded:
                writer.WriteRaw(encoded);
                break;
            case object?[] items:
                writer.WriteArrayHeader(items.Length);
                foreach (object? item in items)
                {
                    Write(ref writer, item);
                }

                break;
            case (object? Key, object? Value)[] pairs:
                writer.WriteMapHeader(pairs.Length);
                foreach ((object? key, object? item) in pairs)
                {
                    Write(ref writer, key);
                    Write(ref writer, item);
                }

                break;
            default:
                throw new ArgumentException($"cannot pack a {value.GetType()}", nameof(value));
        }
    }
}
