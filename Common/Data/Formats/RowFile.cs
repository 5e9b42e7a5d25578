namespace TraversalLearning.Data.Formats;

/// <summary>
/// A file of samples at equal distances, of which any can be read without the others. It is open only while it is read. It is read, not mapped
/// into memory: where a mapped file is cut short, or its disk fails, the system ends the process; here that is an error that can be told.
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="Offset">Where the first sample begins.</param>
/// <param name="SampleBytes">Bytes of a sample.</param>
/// <param name="Stride">Bytes from one sample's beginning to the next one's.</param>
/// <param name="Count">How many there are.</param>
internal sealed record RowFile(string Path, long Offset, int SampleBytes, long Stride, int Count)
{
    // Samples that lie close together come with one read of the file.
    private const int BufferSize = 1 << 16;

    /// <summary>Opens a file to be read.</summary>
    public static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferSize);

    /// <summary>Copies samples to their places.</summary>
    /// <param name="rows">Which of this file, ascending.</param>
    /// <param name="places">Where each goes, counted in samples.</param>
    /// <param name="values">What it is written to.</param>
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
