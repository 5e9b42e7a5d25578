namespace TraversalLearning.Data.Formats;

/// <summary>
/// A file of equally spaced samples with random access, open only during a read. It is read rather than memory-mapped: if a
/// mapped file is truncated or its disk fails, the process is killed, whereas a failed read is an ordinary error.
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="Offset">Offset of the first sample.</param>
/// <param name="SampleBytes">Bytes of a sample.</param>
/// <param name="Stride">Bytes from the start of one sample to the next.</param>
/// <param name="Count">Number of samples.</param>
internal sealed record RowFile(string Path, long Offset, int SampleBytes, long Stride, int Count)
{
    // Samples that lie close together are read at once.
    private const int BufferSize = 1 << 16;

    /// <summary>Opens a file for reading.</summary>
    public static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferSize);

    /// <summary>Copies samples to given positions.</summary>
    /// <param name="rows">Rows of this file, ascending.</param>
    /// <param name="places">Destination of each row, counted in samples.</param>
    /// <param name="values">The destination.</param>
    /// <exception cref="DataException">The file cannot be read.</exception>
    public void Read(ReadOnlySpan<int> rows, ReadOnlySpan<int> places, byte[] values)
    {
        try
        {
            using FileStream file = Open(Path);
            for (int i = 0; i < rows.Length; i++)
            {
                file.Seek(Offset + (rows[i] * Stride), SeekOrigin.Begin);
                file.ReadExactly(values, places[i] * SampleBytes, SampleBytes);
            }
        }
        catch (Exception e) when (DataException.IsFileError(e))
        {
            throw DataException.Unreadable(Path, e);
        }
    }
}
