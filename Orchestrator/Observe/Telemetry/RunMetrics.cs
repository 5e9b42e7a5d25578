using System.Diagnostics.Metrics;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Runs;

namespace TraversalLearning.Orchestration.Observe.Telemetry;

/// <summary>
/// The runs of this program as metrics, under the names of docs/reference/metrics.md, for whoever listens to the meter. What nobody listens to costs next to nothing;
/// connections are read when somebody asks.
/// </summary>
internal sealed class RunMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "TraversalLearning";

    /// <summary>The most nodes that have figures of their own.</summary>
    public const int MaxNodes = 100;

    private const string State = "tl.node.state";
    private static readonly double[] RoundSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

    private readonly Meter _meter = new(MeterName, ProductInfo.Version);
    private readonly Counter<long> _rounds;
    private readonly Counter<long> _rows;
    private readonly Counter<long> _skippedRows;
    private readonly Histogram<double> _roundDuration;
    private readonly Gauge<int> _epoch;
    private readonly Gauge<double> _trainLoss;
    private readonly Gauge<double> _trainAccuracy;
    private readonly Gauge<double> _testLoss;
    private readonly Gauge<double> _testAccuracy;
    private readonly Counter<long> _losses;
    private readonly Counter<long> _slow;
    private readonly Counter<long> _checkpoints;
    private readonly Counter<long> _ended;
    private readonly Lock _lock = new();
    private volatile RunProbe? _probe;
    private volatile Func<IReadOnlyList<StudyRow>>? _study;
    private (long Sent, long Received) _before;
    private DateTimeOffset _lastRound;

    /// <summary>Makes the instruments.</summary>
    public RunMetrics()
    {
        _rounds = _meter.CreateCounter<long>("tl.rounds", "{round}", "Rounds done: batches, or passes over the nodes");
        _rows = _meter.CreateCounter<long>("tl.rows", "{row}", "Rows trained on");
        _skippedRows = _meter.CreateCounter<long>("tl.rows.skipped", "{row}", "Rows left out, their nodes being lost");
        _roundDuration = _meter.CreateHistogram(
            "tl.round.duration", "s", "Time of a round", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = RoundSeconds });
        _epoch = _meter.CreateGauge<int>("tl.epoch", "{epoch}", "Epoch that is under way, or was done last");
        _trainLoss = _meter.CreateGauge<double>("tl.train.loss", "1", "Mean training loss of the last round");
        _trainAccuracy = _meter.CreateGauge<double>("tl.train.accuracy", "1", "Share of the last epoch's rows that were classified rightly while they were trained on");
        _testLoss = _meter.CreateGauge<double>("tl.test.loss", "1", "Loss on the test set behind the last epoch");
        _testAccuracy = _meter.CreateGauge<double>("tl.test.accuracy", "1", "Accuracy on the test set behind the last epoch");
        _losses = _meter.CreateCounter<long>("tl.node.losses", "{loss}", "Connections of nodes that ended while they were needed");
        _slow = _meter.CreateCounter<long>("tl.node.slowdowns", "{slowdown}", "Nodes that became much slower than the others");
        _checkpoints = _meter.CreateCounter<long>("tl.checkpoints", "{checkpoint}", "Checkpoints written");
        _ended = _meter.CreateCounter<long>("tl.runs", "{run}", "Runs that have ended, by tl.run.outcome");
        _meter.CreateObservableCounter("tl.network.io", ReadBytes, "By", "Bytes to and from nodes");
        _meter.CreateObservableGauge("tl.nodes", ReadNodes, "{node}", "Nodes of the run, by state");
        _meter.CreateObservableCounter("tl.node.compute", ReadCompute, "s", "Time that a node says it has computed");
        _meter.CreateObservableGauge("tl.study.runs", ReadStudy, "{run}", "Runs of the study, by state");
    }

    /// <summary>Measures a run that is about to begin.</summary>
    /// <returns>To be disposed when it has ended.</returns>
    public IDisposable Follow(RunRequest request)
    {
        KeyValuePair<string, object?> algorithm = new("tl.algorithm", request.Options.Algorithm.ToString());
        lock (_lock)
        {
            _before = Sum(_before, _probe);
            _probe = request.Probe;
            _lastRound = default;
        }

        return request.Events.Subscribe(static _ => true, e => Observe(e, algorithm));
    }

    /// <summary>Counts the runs of a study.</summary>
    /// <param name="rows">Reads them.</param>
    public void Follow(Func<IReadOnlyList<StudyRow>> rows) => _study = rows;

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private void Observe(RunEvent runEvent, KeyValuePair<string, object?> algorithm)
    {
        switch (runEvent)
        {
            case RoundCompleted e:
                _rounds.Add(1, algorithm);
                _rows.Add(e.Outcome.Rows, algorithm);
                _skippedRows.Add(e.Outcome.SkippedRows, algorithm);
                _epoch.Record(e.Round.Epoch, algorithm);
                RecordFinite(_trainLoss, e.Outcome.LossSum / e.Outcome.Rows, algorithm);
                if (_lastRound != default)
                {
                    _roundDuration.Record((e.Time - _lastRound).TotalSeconds, algorithm);
                }

                _lastRound = e.Time;
                break;
            case EpochCompleted e:
                RecordFinite(_trainAccuracy, (double)e.Progress.Hits / e.Progress.Rows, algorithm);
                RecordFinite(_testLoss, e.Evaluation?.Loss, algorithm);
                RecordFinite(_testAccuracy, e.Evaluation?.Accuracy, algorithm);

                // What comes now, evaluation and checkpoint, is no part of the next round.
                _lastRound = default;
                break;
            case NodeLost e:
                _losses.Add(1, algorithm, OfNode(e.NodeId));
                break;
            case NodeSlow e:
                _slow.Add(1, algorithm, OfNode(e.NodeId));
                break;
            case CheckpointSaved:
                _checkpoints.Add(1, algorithm);
                break;
            case RunCompleted or RunFailed:
                _ended.Add(1, algorithm, new KeyValuePair<string, object?>("tl.run.outcome", runEvent is RunCompleted ? "completed" : "failed"));
                break;
        }
    }

    private static KeyValuePair<string, object?> OfNode(int nodeId) => new("tl.node.id", nodeId <= MaxNodes ? nodeId : "other");

    private static void RecordFinite(Gauge<double> gauge, double? value, KeyValuePair<string, object?> algorithm)
    {
        if (value is { } number && double.IsFinite(number))
        {
            gauge.Record(number, algorithm);
        }
    }

    private static (long Sent, long Received) Sum((long Sent, long Received) bytes, RunProbe? probe)
    {
        IReadOnlyList<NodeReading> nodes = probe?.Nodes?.Invoke() ?? [];
        return (bytes.Sent + nodes.Sum(n => n.SentBytes), bytes.Received + nodes.Sum(n => n.ReceivedBytes));
    }

    private Measurement<long>[] ReadBytes()
    {
        lock (_lock)
        {
            (long sent, long received) = Sum(_before, _probe);
            return
            [
                new(sent, new KeyValuePair<string, object?>("network.io.direction", "transmit")),
                new(received, new KeyValuePair<string, object?>("network.io.direction", "receive")),
            ];
        }
    }

    private Measurement<int>[] ReadNodes()
    {
        RunProbe? probe = _probe;
        IReadOnlyList<NodeReading> nodes = probe?.Nodes?.Invoke() ?? [];
        int connected = nodes.Count(n => n.Peer is not null);
        int slow = nodes.Count(n => n.Peer is not null && (probe?.SpeedOf?.Invoke(n.NodeId).IsSlow ?? false));
        return
        [
            new(connected - slow, new KeyValuePair<string, object?>(State, "connected")),
            new(slow, new KeyValuePair<string, object?>(State, "slow")),
            new(nodes.Count - connected, new KeyValuePair<string, object?>(State, "absent")),
        ];
    }

    private IEnumerable<Measurement<double>> ReadCompute()
    {
        RunProbe? probe = _probe;
        return probe?.SpeedOf is not { } speedOf || probe.Nodes?.Invoke() is not { } nodes
            ? []
            : nodes.Take(MaxNodes).Select(n => new Measurement<double>(speedOf(n.NodeId).Compute.TotalSeconds, OfNode(n.NodeId)));
    }

    private IEnumerable<Measurement<int>> ReadStudy() => _study?.Invoke() is not { } rows
        ? []
        : Enum.GetValues<StudyRunState>().Select(s => new Measurement<int>(
            rows.Count(r => r.State == s), new KeyValuePair<string, object?>("tl.study.run.state", s.ToWord())));
}
