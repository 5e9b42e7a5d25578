using System.Text;

namespace TraversalLearning.Records;

/// <summary>The end of a day's file: its last line that follows from the one before, and what stands behind that.</summary>
/// <param name="Lines">The line's number; 0 if the file has no such line.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="Length">Length of the file up to the end of that line.</param>
/// <param name="FileLength">Length of the file.</param>
internal sealed record RecordTail(long Lines, string Hash, long Length, long FileLength)
{
    private const int Window = 64 * 1024;

    /// <summary>Reads the end of a file: the whole file only if its last line is not the head's.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static RecordTail Read(string path, RecordHead? head)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        if (head is not null && EndsWith(file, head))
        {
            return new RecordTail(head.Lines, head.Hash, file.Length, file.Length);
        }

        file.Position = 0;
        return Scan(file);
    }

    private static bool EndsWith(FileStream file, RecordHead head)
    {
        byte[] expected = Encoding.ASCII.GetBytes($"\"{head.Hash}\"}}\n");
        byte[] end = new byte[Math.Min(Window, file.Length)];
        file.Position = file.Length - end.Length;
        file.ReadExactly(end);
        if (!end.AsSpan().EndsWith(expected))
        {
            return false;
        }

        int start = end.AsSpan(0, end.Length - 1).LastIndexOf((byte)'\n') + 1;
        return ChainedLine.TryRead(end.AsSpan(start, end.Length - 1 - start), out RecordLine? line, out _) && line.N == head.Lines;
    }

    private static RecordTail Scan(FileStream file)
    {
        var reader = new LineReader(file);
        var tail = new RecordTail(0, ChainedLine.Start, 0, file.Length);
        while (reader.TryRead(out ReadOnlySpan<byte> text, out bool isWhole) && isWhole && ChainedLine.TryRead(text, out RecordLine? line, out string hash))
        {
            string previous = tail.Lines > 0 ? tail.Hash : (line as DayLine)?.Previous ?? string.Empty;
            if ((tail.Lines > 0 && line.N != tail.Lines + 1) || !string.Equals(hash, ChainedLine.HashOf(previous, text), StringComparison.Ordinal))
            {
                break;
            }

            tail = tail with { Lines = line.N, Hash = hash, Length = reader.Position };
        }

        return tail;
    }
}
