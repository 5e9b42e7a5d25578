using System.Text.Json.Nodes;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs;

namespace TraversalLearning.Orchestration.Observe.Dashboard;

/// <summary>What the page shows of one run: kept up by its events, read by whoever sends it on. An event costs some additions.</summary>
internal sealed class RunView : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly RunProbe _probe;
    private readonly IDisposable _watching;
    private readonly JsonObject _header;
    private readonly LossCurve _curve = new();
    private readonly List<EpochRow> _epochs = [];
    private readonly NodeTable _nodes;
    private readonly int _epochCount;
    private RoundTraced? _trace;
    private int _traces;
    private string _state = "preparing";
    private string? _detail;
    private long _started;
    private long _ended;
    private int _stepsHere;
    private int _steps;
    private Round _round;
    private int _roundsPerEpoch;
    private long _rowsHere;
    private (double LossSum, long Rows) _epochSums;

    /// <summary>Watches a run that is about to begin.</summary>
    public RunView(RunRequest request, TimeProvider time)
    {
        RunOptions options = request.Options;
        _time = time;
        _probe = request.Probe;
        _epochCount = options.Epochs;
        _nodes = new NodeTable(options.Algorithm == Algorithm.Centralized ? 0 : options.NumNodes, request.Probe);
        _header = RunHeader.Of(request);
        if (request.Resumed is { } checkpoint)
        {
            CurveHistory.Read(request.Folder.EventsPath, checkpoint.Manifest.Progress.Steps, _curve, _epochs);
        }

        _probe.WantsTraces = true;
        _watching = request.Events.Subscribe(static _ => true, Observe);
    }

    /// <summary>What has changed since a client knew it last.</summary>
    /// <param name="since">What it knows; moved on.</param>
    /// <returns>Parts of the page by their names.</returns>
    public JsonObject Changes(ref RunCursor since)
    {
        lock (_lock)
        {
            int points = since.Generation == _curve.Generation ? since.Points : 0;
            var changes = new JsonObject
            {
                ["progress"] = Progress(),
                ["nodes"] = _nodes.ToJson(),
                ["curve"] = new JsonObject { ["from"] = points, ["points"] = _curve.ToJson(points) },
                ["epochs"] = new JsonObject { ["from"] = since.Epochs, ["rows"] = new JsonArray([.. _epochs.Skip(since.Epochs).Select(e => (JsonNode)e.ToJson())]) },
            };
            if (!since.HasHeader)
            {
                changes["run"] = _header.DeepClone();
            }

            if (since.Traces != _traces)
            {
                changes["trace"] = TraceJson.Of(_trace!);
            }

            since = new RunCursor(HasHeader: true, _curve.Generation, _curve.Count, _epochs.Count, _traces);
            return changes;
        }
    }

    /// <summary>How far it has come: <c>preparing</c>, <c>training</c>, <c>completed</c> or <c>failed</c>.</summary>
    public string State
    {
        get
        {
            lock (_lock)
            {
                return _state;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _watching.Dispose();
        _probe.WantsTraces = false;
    }

    private void Observe(RunEvent runEvent)
    {
        lock (_lock)
        {
            switch (runEvent)
            {
                case RunStarted e:
                    (_state, _steps, _started) = ("training", e.Step, _time.GetTimestamp());
                    break;
                case RoundCompleted e:
                    Add(e);
                    break;
                case RoundTraced e:
                    _trace = e;
                    _traces++;
                    break;
                case EpochCompleted e:
                    _epochs.Add(EpochRow.Of(e));
                    break;
                case RunCompleted e:
                    End("completed", $"{(e.StoppedBy is null ? string.Empty : $"stopped by {e.StoppedBy}; ")}{(e.Hash is null ? "the model is on the nodes" : $"SHA-256 of the parameters: {e.Hash}")}");
                    break;
                case RunFailed e:
                    End("failed", e.Reason);
                    break;
                default:
                    _nodes.Observe(runEvent);
                    break;
            }
        }
    }

    private void Add(RoundCompleted e)
    {
        _stepsHere++;
        _steps++;
        if (e.Round.Epoch != _round.Epoch)
        {
            _epochSums = default;
        }

        (_round, _roundsPerEpoch) = (e.Round, e.RoundsPerEpoch);
        _rowsHere += e.Outcome.Rows;
        _epochSums = (_epochSums.LossSum + e.Outcome.LossSum, _epochSums.Rows + e.Outcome.Rows);
        _curve.Add(_steps, e.Outcome.LossSum, e.Outcome.Hits, e.Outcome.Rows);
    }

    private void End(string state, string detail) => (_state, _detail, _ended) = (state, detail, _time.GetTimestamp());

    private JsonObject Progress()
    {
        double here = _started == 0 ? 0 : _time.GetElapsedTime(_started, _ended == 0 ? _time.GetTimestamp() : _ended).TotalSeconds;
        RunMeters meters = _probe.Meters?.Invoke() ?? RunMeters.Zero;
        long left = ((long)_epochCount * _roundsPerEpoch) - _steps;
        bool goesOn = _state == "training";
        return new JsonObject
        {
            ["state"] = _state,
            ["detail"] = _detail,
            ["epoch"] = _round.Epoch,
            ["epochs"] = _epochCount,
            ["round"] = _roundsPerEpoch == 0 ? 0 : _round.Index + 1,
            ["rounds"] = _roundsPerEpoch,
            ["steps"] = _steps,
            ["loss"] = _epochSums.Rows == 0 ? null : Figures.Number(_epochSums.LossSum / _epochSums.Rows),
            ["rows_per_second"] = here > 0 ? Figures.Number(_rowsHere / here, 1) : null,
            ["seconds"] = Figures.Number(goesOn ? meters.Seconds : here, 1),
            ["eta_seconds"] = goesOn && _stepsHere > 0 ? Figures.Number(Math.Max(0, left) * here / _stepsHere, 1) : null,
            ["sent_bytes"] = meters.SentBytes,
            ["received_bytes"] = meters.ReceivedBytes,
        };
    }
}

/// <summary>How much of a run a client knows.</summary>
/// <param name="HasHeader">What does not change.</param>
/// <param name="Generation">Of the curve.</param>
/// <param name="Points">Of the curve.</param>
/// <param name="Epochs">That are complete.</param>
/// <param name="Traces">Up to which.</param>
internal readonly record struct RunCursor(bool HasHeader, int Generation, int Points, int Epochs, int Traces);
