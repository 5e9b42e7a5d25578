namespace TraversalLearning.Orchestration.Observe.Watch;

/// <summary>Writes the events of a run, until the run has ended.</summary>
/// <param name="types">Which.</param>
/// <param name="json">Whether they are written as they came.</param>
/// <param name="keep">Whether it goes on behind a run's end: another part of it may follow.</param>
/// <param name="write">Takes a line.</param>
internal sealed class RunWatcher(EventTypes types, bool json, bool keep, Action<string> write)
{
    /// <summary>Writes them.</summary>
    /// <param name="lines">The events as JSON; <see langword="null"/> where there is none at the moment.</param>
    public async Task RunAsync(IAsyncEnumerable<string?> lines)
    {
        // A run that was resumed has an end in the middle: only the last one is the end.
        bool hasEnded = false;
        await foreach (string? line in lines)
        {
            if (line is null)
            {
                if (hasEnded && !keep)
                {
                    return;
                }
            }
            else if (EventLine.Parse(line) is { } runEvent)
            {
                string name = EventLine.NameOf(runEvent);
                hasEnded = name is "run_completed" or "run_failed";
                if (types.Include(name))
                {
                    write(json ? line : EventLine.Of(runEvent));
                }
            }
        }
    }
}
