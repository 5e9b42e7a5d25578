using System.Diagnostics;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>Writes the rows of <c>metrics.csv</c>: one per epoch, and with <c>--log_steps</c> one per round.</summary>
internal sealed class MetricsWriter : IDisposable
{
    private readonly MetricsFile _file;
    private readonly string _path;
    private readonly OrchestratorLog _log;
    private readonly RunOptions _options;
    private readonly RunMeter _meter;
    private double _learningRate;
    private long _lastRound;

    /// <summary>Creates or continues a run's file.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="from">Progress at which a resumed run continues; <see langword="null"/> for a new run.</param>
    /// <param name="options">The run's options.</param>
    /// <param name="meter">Time and traffic of the run so far.</param>
    /// <param name="log">Receives a warning if rows cannot be written.</param>
    /// <exception cref="UserErrorException">The file cannot be written.</exception>
    public MetricsWriter(RunFolder folder, TrainingProgress? from, RunOptions options, RunMeter meter, OrchestratorLog log)
    {
        (_path, _log, _options, _meter) = (folder.MetricsPath, log, options, meter);
        _file = ErrorTable.Writing.Guard(() => from is null ? MetricsFile.Create(_path) : MetricsFile.Continue(_path, from), NotWritable);
    }

    /// <summary>Starts writing.</summary>
    /// <returns>Dispose before the writer.</returns>
    public IDisposable Follow(RunEvents events) => events.Subscribe(
        _options.LogSteps ? static e => e is EpochStarted or RoundCompleted or EpochCompleted : static e => e is EpochStarted or EpochCompleted,
        Observe);

    /// <summary>Writes pending rows; rows that cannot be written are retried next time.</summary>
    public void TryFlush()
    {
        try
        {
            _file.Flush();
        }
        catch (IOException e)
        {
            _log.MetricsNotWritten(e.Message);
        }
    }

    /// <summary>Writes the last rows.</summary>
    /// <exception cref="UserErrorException">The rows cannot be written.</exception>
    public void Complete() => ErrorTable.Writing.Guard(_file.Flush, NotWritable);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Observe(RunEvent runEvent)
    {
        switch (runEvent)
        {
            case EpochStarted e:
                (_learningRate, _lastRound) = (e.LearningRate, Stopwatch.GetTimestamp());
                break;
            case RoundCompleted e:
                double seconds = Stopwatch.GetElapsedTime(_lastRound).TotalSeconds;
                _lastRound = Stopwatch.GetTimestamp();
                RoundOutcome outcome = e.Outcome;
                Write(Row("step", e.Progress, outcome.MeanLoss, outcome.Hits, outcome.Rows, outcome.SkippedRows, seconds, _meter.Read()) with { Batch = e.Index });
                break;
            case EpochCompleted e:
                TrainingProgress p = e.Progress;
                Write(Row("epoch", p, p.MeanLoss, p.Hits, p.Rows, p.SkippedRows, e.Meters.EpochSeconds, e.Meters) with
                {
                    TestLoss = e.Evaluation?.Loss,
                    TestAccuracy = e.Evaluation?.Accuracy,
                    TestMacroF1 = e.Evaluation?.MacroF1,
                    TestAuc = e.Evaluation?.Auc,
                    TestRmse = e.Evaluation?.Rmse,
                    TestMae = e.Evaluation?.Mae,
                    TestR2 = e.Evaluation?.R2,
                    ValidationLoss = e.Validation?.Loss,
                    ValidationAccuracy = e.Validation?.Accuracy,
                });
                TryFlush();
                break;
        }
    }

    private MetricsRow Row(string scope, TrainingProgress progress, double? meanLoss, long hits, long rows, long skipped, double seconds, RunMeters meters) => new(
        scope,
        progress.Epoch,
        Batch: null,
        progress.Steps,
        meanLoss,
        rows == 0 || !_options.HasClasses ? null : (double)hits / rows,
        TestLoss: null,
        TestAccuracy: null,
        _learningRate,
        seconds,
        rows / seconds,
        meters.SentBytes,
        meters.ReceivedBytes,
        skipped,
        TestMacroF1: null,
        TestAuc: null);

    private void Write(MetricsRow row)
    {
        _file.Write(row);
        if (_file.IsFlushDue)
        {
            TryFlush();
        }
    }

    private string NotWritable(Exception e) => $"cannot write '{_path}': {e.Message}";
}
