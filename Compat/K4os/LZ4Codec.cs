using System.Runtime.InteropServices;

namespace K4os.Compression.LZ4;

/// <summary>The LZ4 block format (no frame, no stored size) over the system's liblz4.</summary>
public static unsafe partial class LZ4Codec
{
    private const string Library = "liblz4.so.1";

    /// <summary>The most bytes that <paramref name="length"/> bytes can take when compressed; 0 if there are too many.</summary>
    public static int MaximumOutputSize(int length) => LZ4_compressBound(length);

    /// <summary>Compresses <paramref name="source"/>.</summary>
    /// <returns>The bytes written; 0 for an empty source; -1 if <paramref name="target"/> is too small.</returns>
    public static int Encode(ReadOnlySpan<byte> source, Span<byte> target, LZ4Level level = LZ4Level.L00_FAST)
    {
        if (source.IsEmpty)
        {
            return 0;
        }

        fixed (byte* from = source)
        fixed (byte* to = target)
        {
            int written = level < LZ4Level.L03_HC
                ? LZ4_compress_fast(from, to, source.Length, target.Length, 1)
                : LZ4_compress_HC(from, to, source.Length, target.Length, (int)level);
            return written <= 0 ? -1 : written;
        }
    }

    /// <summary>Decompresses <paramref name="source"/>; never writes beyond <paramref name="target"/>.</summary>
    /// <returns>The bytes written; 0 for an empty source; -1 if the source is damaged or the target too small.</returns>
    public static int Decode(ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (source.IsEmpty)
        {
            return 0;
        }

        fixed (byte* from = source)
        fixed (byte* to = target)
        {
            int written = LZ4_decompress_safe(from, to, source.Length, target.Length);
            return written <= 0 ? -1 : written;
        }
    }

    [LibraryImport(Library)]
    private static partial int LZ4_compressBound(int inputSize);

    [LibraryImport(Library)]
    private static partial int LZ4_compress_fast(byte* source, byte* target, int sourceSize, int targetCapacity, int acceleration);

    [LibraryImport(Library)]
    private static partial int LZ4_compress_HC(byte* source, byte* target, int sourceSize, int targetCapacity, int level);

    [LibraryImport(Library)]
    private static partial int LZ4_decompress_safe(byte* source, byte* target, int sourceSize, int targetCapacity);
}
