using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Runs.Folder;

/// <summary>
/// Writes <c>events.jsonl</c>: a JSON object on a line for each event of a run. Of an epoch's rounds at most <see cref="MaxRounds"/> have a line, at
/// even distances and the last among them: all of those of federated averaging, few of the thousands of batches of traversal learning. Which they
/// are depends on the rounds alone, not on time.
/// </summary>
internal sealed class EventFile : IDisposable
{
    /// <summary>The most rounds of an epoch that have a line.</summary>
    public const int MaxRounds = 100;

    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(500);

    private readonly AppendedFile _file;
    private DateTimeOffset _flushed;

    private EventFile(AppendedFile file) => _file = file;

    /// <summary>Opens the file; a run that goes on adds to what is there.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static EventFile Open(string path) => new(AppendedFile.Open(path, FileMode.OpenOrCreate));

    /// <summary>Whether an event has a line.</summary>
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

    /// <summary>Adds an event. Rounds reach the file with the next event that is none, or a little later: there may be very many.</summary>
    /// <exception cref="IOException">The file takes no more; the next call tries again.</exception>
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
            // Has been reported as often as there was an event.
        }

        _file.Dispose();
    }
}
