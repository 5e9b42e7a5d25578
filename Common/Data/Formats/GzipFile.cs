using System.Buffers.Binary;

namespace TraversalLearning.Data.Formats;

/// <summary>What .NET's inflater leaves to be asked of a gzip'd file.</summary>
internal static class GzipFile
{
    /// <summary>Whether a file is one: its first bytes say so, not its name. It is left at its beginning.</summary>
    public static bool Is(FileStream file)
    {
        Span<byte> magic = stackalloc byte[2];
        bool gzip = file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length && magic is [0x1f, 0x8b];
        file.Position = 0;
        return gzip;
    }

    /// <summary>
    /// Refuses a file that was cut or has something behind its end, of which the inflater says nothing: it ends with the inflated length modulo 2^32. So one of
    /// several parts, which is gzip too, is refused.
    /// </summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="file">It; its position is lost.</param>
    /// <param name="inflated">How many bytes came of it.</param>
    /// <exception cref="DataException">It is not whole.</exception>
    public static void RequireWhole(string path, FileStream file, long inflated)
    {
        Span<byte> trailer = stackalloc byte[4];
        file.Position = Math.Max(file.Length - trailer.Length, 0);
        file.ReadExactly(trailer);
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer) != (uint)inflated)
        {
            throw new DataException(path, "its gzip data is truncated, has bytes after its end, or is of several parts; gzip the whole file again");
        }
    }
}
