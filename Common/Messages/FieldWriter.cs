using MessagePack;

namespace TraversalLearning.Messages;

/// <summary>Writes the fields of a message: key, then value.</summary>
internal static class FieldWriter
{
    public static void Field(this ref MessagePackWriter writer, ReadOnlySpan<byte> key, long value)
    {
        writer.WriteString(key);
        writer.Write(value);
    }

    public static void Field(this ref MessagePackWriter writer, ReadOnlySpan<byte> key, double value)
    {
        writer.WriteString(key);
        writer.Write(value);
    }

    public static void Field(this ref MessagePackWriter writer, ReadOnlySpan<byte> key, string value)
    {
        writer.WriteString(key);
        writer.Write(value);
    }

    public static void Field(this ref MessagePackWriter writer, ReadOnlySpan<byte> key, long[] values)
    {
        writer.WriteString(key);
        writer.WriteArrayHeader(values.Length);
        foreach (long value in values)
        {
            writer.Write(value);
        }
    }

    public static void Field(this ref MessagePackWriter writer, ReadOnlySpan<byte> key, int[] values) =>
        writer.Field(key, Array.ConvertAll(values, v => (long)v));

    public static void Field(this ref MessagePackWriter writer, ReadOnlySpan<byte> key, string[] values)
    {
        writer.WriteString(key);
        writer.WriteArrayHeader(values.Length);
        foreach (string value in values)
        {
            writer.Write(value);
        }
    }

    public static void Field(this ref MessagePackWriter writer, ReadOnlySpan<byte> key, byte[] value)
    {
        writer.WriteString(key);
        writer.Write(value);
    }

    public static void Field(this ref MessagePackWriter writer, ReadOnlySpan<byte> key, double[] values)
    {
        writer.WriteString(key);
        writer.WriteArrayHeader(values.Length);
        foreach (double value in values)
        {
            writer.Write(value);
        }
    }
}
