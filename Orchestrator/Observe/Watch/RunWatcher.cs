using System.Text.Json;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Observe.Watch;

/// <summary>Writes the events of a run that a filter lets through, until the run has ended.</summary>
/// <param name="filter">Which.</param>
/// <param name="json">Whether they are written as they came.</param>
/// <param name="keep">Whether it goes on behind a run's end: another part of it may follow.</param>
/// <param name="write">Takes a line.</param>
internal sealed class RunWatcher(EventFilter filter, bool json, bool keep, Action<string> write)
{
    private static readonly string[] Ends = [EventJson.NameOf<RunCompleted>(), EventJson.NameOf<RunFailed>()];

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
                hasEnded = Ends.Contains(EventLine.NameOf(runEvent), StringComparer.Ordinal);
                Show(line, runEvent);
            }
        }
    }

    private void Show(string line, JsonElement runEvent)
    {
        if (filter.Holds(runEvent))
        {
            write(json ? line : EventLine.Of(runEvent));
        }
    }
}
