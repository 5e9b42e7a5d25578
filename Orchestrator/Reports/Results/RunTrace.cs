using System.Text.Json;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Reports.Results;

/// <summary>A fault or delay in a run.</summary>
/// <param name="Kind">The event's name, such as <c>node_lost</c>; <c>resumed</c> where the run resumed after an
/// interruption.</param>
/// <param name="Time">Time in UTC, as in <c>events.jsonl</c>; <see langword="null"/> if unknown.</param>
/// <param name="Text">Description.</param>
internal sealed record RunFault(string Kind, string? Time, string Text);

/// <summary>
/// The course of a run, from its <c>events.jsonl</c>; also for a run that is in progress or has failed.
/// </summary>
/// <param name="Begun">Time of the first event, as written in the file; <see langword="null"/> if there is
/// none.</param>
/// <param name="Ended">Time of the last event.</param>
/// <param name="Failure">Why it failed, if that is the last event.</param>
/// <param name="Faults">In chronological order.</param>
internal sealed record RunTrace(string? Begun, string? Ended, string? Failure, IReadOnlyList<RunFault> Faults)
{
    // Rounds are numerous and never faults: their lines are not parsed.
    private static readonly string[] Told =
    [
        EventJson.NameOf<RunStarted>(), EventJson.NameOf<NodeLost>(), EventJson.NameOf<NodeSlow>(), EventJson.NameOf<DataDoubted>(), EventJson.NameOf<RunFailed>(),
    ];

    /// <summary>An empty trace.</summary>
    public static RunTrace None { get; } = new(null, null, null, []);

    /// <summary>Reads the events in a run folder; an empty trace if there are none.</summary>
    /// <exception cref="UserErrorException">The file is damaged.</exception>
    public static RunTrace Read(string folder)
    {
        string path = RunFolder.EventsPathIn(folder);
        if (!File.Exists(path))
        {
            return None;
        }

        string[] lines = WholeLines.Read(path);
        var faults = new List<RunFault>();
        RunTrace trace = None;
        bool begun = false;
        for (int i = 0; i < lines.Length; i++)
        {
            if (i > 0 && i < lines.Length - 1 && !Array.Exists(Told, name => lines[i].Contains(name, StringComparison.Ordinal)))
            {
                continue;
            }

            try
            {
                RunEvent told = EventJson.Read(lines[i]);
                string time = UtcTimeConverter.ToText(told.Time);
                trace = trace with { Begun = trace.Begun ?? time, Ended = time, Failure = (told as RunFailed)?.Reason };
                if (FaultOf(told, time, begun) is { } fault)
                {
                    faults.Add(fault);
                }

                begun |= told is RunStarted;
            }
            catch (JsonException e)
            {
                throw new UserErrorException(ExitCode.Data, $"'{path}', line {i + 1}, is no event: {e.Message.ReplaceLineEndings(" ")}; delete that line", e);
            }
        }

        return trace with { Faults = faults };
    }

    private static RunFault? FaultOf(RunEvent told, string time, bool begun) => told switch
    {
        RunStarted e when begun => new RunFault("resumed", time, e.Step == 0 ? "began again" : $"went on from the checkpoint of step {e.Step}"),
        NodeLost e => Fault<NodeLost>(time, $"node {e.NodeId} was lost: {e.Reason}"),
        NodeSlow e => Fault<NodeSlow>(time, $"node {e.NodeId} was slow: {e.ComputeMilliseconds} ms where the median node takes {e.MedianMilliseconds} ms"),
        DataDoubted e => Fault<DataDoubted>(time, $"trained on as it is: {e.Text}"),
        RunFailed e => Fault<RunFailed>(time, $"ended: {e.Reason}"),
        _ => null,
    };

    private static RunFault Fault<T>(string time, string text)
        where T : RunEvent => new(EventJson.NameOf<T>(), time, text);
}
