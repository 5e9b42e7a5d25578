using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Runs.Folder;

/// <summary>
/// Writes <c>events.jsonl</c>: one JSON object per line for each event of a run. At most <see cref="MaxRounds"/> rounds
/// of an epoch are written, evenly spaced and including the last: all rounds of federated averaging, few of the
/// thousands of batches of traversal learning. The selection depends on the rounds alone, not on time.
/// </summary>
internal sealed class EventFile : IDisposable
{
    /// <summary>Maximum number of rounds per epoch that are written.</summary>
    public const int MaxRounds = 100;

    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(500);

    private readonly AppendedFile _file;
    private DateTimeOffset _flushed;

    private EventFile(AppendedFile file) => _file = file;

    /// <summary>Opens the file; a resumed run appends to it.</summary>
    /// <exception cref="IOException">The file cannot be created.</exception>
    public static EventFile Open(string path) => new(AppendedFile.Open(path, FileMode.OpenOrCreate));

    /// <summary>Whether an event is written.</summary>
    public static bool Takes(RunEvent runEvent)
    {
        if (!EventJson.Has(runEvent))
        {
            return false;
        }

        if (runEvent is not RoundEvent { Index: var index, RoundsPerEpoch: var count })
        {
            return true;
        }

        int distance = (count + MaxRounds - 1) / MaxRounds;
        return (index + 1) % distance == 0 || index + 1 == count;
    }

    /// <summary>
    /// Appends an event. Rounds are buffered until the next event of another kind, or for a short time: there may be
    /// very many.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written; the next call retries.</exception>
    public void Write(RunEvent runEvent)
    {
        _file.Add(EventJson.Write(runEvent));
        if (runEvent is not RoundEvent || runEvent.Time - _flushed >= Delay)
        {
            _flushed = runEvent.Time;
            _file.Flush();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _file.Flush();
        }
        catch (IOException)
        {
            // Already reported, once per event.
        }

        _file.Dispose();
    }
}
