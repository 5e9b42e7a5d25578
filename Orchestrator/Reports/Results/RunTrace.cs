using System.Text.Json;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Reports.Results;

/// <summary>Something that went wrong in a run, or was slow.</summary>
/// <param name="Kind">The event's name, such as <c>node_lost</c>; <c>resumed</c> where the run went on after an interruption.</param>
/// <param name="Time">When, in UTC as <c>events.jsonl</c> has it; empty if that is not known.</param>
/// <param name="Text">What, in words.</param>
internal sealed record RunFault(string Kind, string Time, string Text);

/// <summary>What the events of a run say of its course: <c>events.jsonl</c>, also of a run that is under way or has failed.</summary>
/// <param name="Begun">Time of the first event, as it stands there; <see langword="null"/> if there is none.</param>
/// <param name="Ended">That of the last one.</param>
/// <param name="Failure">Why it failed, if that is the last event.</param>
/// <param name="Faults">In the order of time.</param>
internal sealed record RunTrace(string? Begun, string? Ended, string? Failure, IReadOnlyList<RunFault> Faults)
{
    private const string Started = "run_started";
    private const string Failed = "run_failed";

    // Rounds are many, and say nothing of faults: their lines are not parsed.
    private static readonly string[] Told = [Started, "node_lost", "node_slow", "data_doubted", Failed];

    /// <summary>Nothing is known.</summary>
    public static RunTrace None { get; } = new(null, null, null, []);

    /// <summary>Reads the events of a run's folder; none if there are none.</summary>
    /// <exception cref="UserErrorException">They are damaged.</exception>
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
                using var line = JsonDocument.Parse(lines[i]);
                JsonElement told = line.RootElement;
                string kind = told.GetProperty("event").GetString()!;
                string time = told.GetProperty("time").GetString()!;
                trace = trace with { Begun = trace.Begun ?? time, Ended = time, Failure = kind == Failed ? told.GetProperty("reason").GetString() : null };
                if (FaultOf(kind, told, begun) is { } text)
                {
                    faults.Add(new RunFault(kind == Started ? "resumed" : kind, time, text));
                }

                begun |= kind == Started;
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                throw new UserErrorException(ExitCode.Data, $"'{path}', line {i + 1}, is no event: {e.Message}; delete that line", e);
            }
        }

        return trace with { Faults = faults };
    }

    private static string? FaultOf(string kind, JsonElement told, bool begun) => kind switch
    {
        Started when begun && told.GetProperty("step").GetInt32() is var step => step == 0 ? "began again" : $"went on from the checkpoint of step {step}",
        "node_lost" => $"node {told.GetProperty("node").GetInt32()} was lost: {told.GetProperty("reason").GetString()}",
        "node_slow" => $"node {told.GetProperty("node").GetInt32()} was slow: {told.GetProperty("compute_ms").GetRawText()} ms where the median node takes {told.GetProperty("median_ms").GetRawText()} ms",
        "data_doubted" => $"trained on as it is: {told.GetProperty("text").GetString()}",
        Failed => $"ended: {told.GetProperty("reason").GetString()}",
        _ => null,
    };
}
