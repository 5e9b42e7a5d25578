namespace TraversalLearning.Records;

/// <summary>Reads the messages of a record. What is no line of a record is left out; <see cref="RecordVerification"/> finds it.</summary>
/// <param name="stateFolder">The node's state folder.</param>
public sealed class RecordedMessages(string stateFolder)
{
    /// <summary>Messages from a time on.</summary>
    public DateTime Since { get; init; }

    /// <summary>Messages of runs whose session begins so; <see langword="null"/> for all.</summary>
    public string? Run { get; init; }

    /// <summary>Reads them, in order.</summary>
    /// <param name="take">Gets each message and its line, in UTF-8 and without its end.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public void Read(Action<FrameLine, byte[]> take)
    {
        string folder = RecordFolder.In(stateFolder);
        foreach (string name in RecordFolder.Files(folder).Where(f => RecordFolder.DayOf(f) >= DateOnly.FromDateTime(Since)))
        {
            using var file = new FileStream(Path.Combine(folder, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            var reader = new LineReader(file);
            while (reader.TryRead(out ReadOnlySpan<byte> text, out _))
            {
                if (ChainedLine.TryRead(text, out RecordLine? line, out _) && line is FrameLine message && Has(message))
                {
                    take(message, text.ToArray());
                }
            }
        }
    }

    private bool Has(FrameLine message) =>
        message.Time >= Since && (Run is null || message.Run?.StartsWith(Run, StringComparison.Ordinal) == true);
}
