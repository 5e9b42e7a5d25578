using System.Text.Json.Nodes;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Runs;

namespace TraversalLearning.Orchestration.Observe.Dashboard;

/// <summary>All that the page shows: a run, one after the other where there are several, a study, and the log.</summary>
/// <param name="log">Its last lines.</param>
/// <param name="time">The clock.</param>
internal sealed class Board(LogTail log, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _lock = new();
    private RunView? _run;
    private int _runs;

    /// <summary>The study that the runs belong to, read whenever somebody looks; <see langword="null"/> if there is none.</summary>
    public Func<IReadOnlyList<StudyRow>>? Study { get; set; }

    /// <summary>Shows a run that is about to begin, instead of the one before.</summary>
    /// <returns>To be disposed when it has ended; it is shown until there is another one.</returns>
    public IDisposable Show(RunRequest request)
    {
        var view = new RunView(request, _time);
        lock (_lock)
        {
            _run = view;
            _runs++;
        }

        return view;
    }

    /// <summary>What has changed since a client knew it last; all there is to a client that knows nothing.</summary>
    /// <param name="since">What it knows; moved on.</param>
    public JsonObject Changes(ref BoardCursor since)
    {
        (RunView? run, int runs) = Current();
        RunCursor ofRun = since.Runs == runs ? since.Run : default;
        bool isNew = since.Runs != runs || !since.HasAny;
        JsonObject changes = run?.Changes(ref ofRun) ?? [];
        changes["reset"] = isNew;
        changes["log"] = log.ToJson(since.LogLines, out int lines);
        if (Study is { } study)
        {
            changes["study"] = StudyTable.Of(study());
        }

        since = new BoardCursor(HasAny: true, runs, ofRun, lines);
        return changes;
    }

    private (RunView? Run, int Runs) Current()
    {
        lock (_lock)
        {
            return (_run, _runs);
        }
    }
}

/// <summary>How much of a board a client knows.</summary>
/// <param name="HasAny">Whether it knows anything.</param>
/// <param name="Runs">Up to which run.</param>
/// <param name="Run">How much of that.</param>
/// <param name="LogLines">Up to which line.</param>
internal readonly record struct BoardCursor(bool HasAny, int Runs, RunCursor Run, int LogLines);
