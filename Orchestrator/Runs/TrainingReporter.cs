using System.Diagnostics;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>Turns what the loop does into progress, metrics and log. Costs a step some additions; the rest happens now and then.</summary>
/// <param name="view">Shows progress.</param>
/// <param name="metrics">Gets the rows.</param>
/// <param name="log">Told of epochs.</param>
/// <param name="epochs">Of the run.</param>
/// <param name="logSteps">Whether steps get rows too.</param>
/// <param name="before">What the parts of the run before this one have taken.</param>
/// <param name="traffic">Bytes sent and received in this part.</param>
internal sealed class TrainingReporter(
    IProgressView view,
    MetricsFile metrics,
    OrchestratorLog log,
    int epochs,
    bool logSteps,
    RunMeters before,
    Func<(long Sent, long Received)> traffic)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private double _secondsBefore = before.EpochSeconds;
    private int _batchesPerEpoch;
    private int _stepsHere;
    private double _learningRate;
    private long _epochStart;
    private long _lastStep;
    private long _lastUpdate;

    /// <summary>Whether rows have a class that can be right.</summary>
    public bool CountsHits { get; init; } = true;

    /// <summary>What the run has taken so far.</summary>
    public RunMeters Meters
    {
        get
        {
            (long sent, long received) = traffic();
            return new RunMeters(
                EpochSeconds, before.Seconds + Stopwatch.GetElapsedTime(_start).TotalSeconds, before.SentBytes + sent, before.ReceivedBytes + received);
        }
    }

    private double EpochSeconds => _secondsBefore + (_epochStart == 0 ? 0 : Stopwatch.GetElapsedTime(_epochStart).TotalSeconds);

    public void EpochStarted(TrainingProgress progress, int roundsPerEpoch, double learningRate)
    {
        _batchesPerEpoch = roundsPerEpoch;
        _learningRate = learningRate;
        _epochStart = _lastStep = _lastUpdate = Stopwatch.GetTimestamp();
        if (progress.NextBatch == 0)
        {
            _secondsBefore = 0;
        }
    }

    public void RoundCompleted(Round round, RoundOutcome outcome, TrainingProgress progress)
    {
        _stepsHere++;
        if (logSteps)
        {
            double seconds = Stopwatch.GetElapsedTime(_lastStep).TotalSeconds;
            _lastStep = Stopwatch.GetTimestamp();
            Write("step", round.Index, progress, outcome.LossSum, outcome.Hits, outcome.Rows, outcome.SkippedRows, seconds, null);
        }

        if (Stopwatch.GetElapsedTime(_lastUpdate) >= view.Interval || progress.NextBatch == _batchesPerEpoch)
        {
            _lastUpdate = Stopwatch.GetTimestamp();
            ShowProgress(progress);
        }
    }

    public void EpochCompleted(TrainingProgress progress, Evaluation? evaluation, Validation? validation = null)
    {
        double seconds = EpochSeconds;
        Write("epoch", null, progress, progress.LossSum, progress.Hits, progress.Rows, progress.SkippedRows, seconds, evaluation, validation);
        Flush();
        string trainAccuracy = CountsHits ? $", accuracy {(double)progress.Hits / progress.Rows:0.0000}" : string.Empty;
        string trained = progress.Rows > 0 ? $"train loss {progress.LossSum / progress.Rows:0.0000}{trainAccuracy}" : "no rows to train on";
        string summary = $"{trained}; "
            + (validation is { } held ? $"validation loss {held.Loss:0.0000}{(held.Accuracy is { } accuracy ? $", accuracy {accuracy:0.0000}" : string.Empty)}; " : string.Empty)
            + (evaluation is { } test ? $"test loss {test.Loss:0.0000}, {test.Summary};" : "test loss n/a;")
            + (progress.SkippedRows > 0 ? $" {progress.SkippedRows} rows skipped;" : string.Empty)
            + $" {seconds:0.0} s, {seconds / progress.NextBatch * 1e3:0.00} ms a step";
        view.WriteLine($"epoch {progress.Epoch}/{epochs}: {summary}");
        log.EpochCompleted(progress.Epoch, summary);
        _secondsBefore = _epochStart = 0;
    }

    /// <summary>The run ends before its last epoch.</summary>
    public void StoppedEarly(TrainingProgress progress, EarlyStopping settings, bool ofNodes)
    {
        StoppingState state = progress.Stopping!;
        string reason = string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"stopped after epoch {progress.Epoch - 1} of {epochs}: the {(ofNodes ? "validation" : "test")} loss has not fallen by more than {settings.MinDelta} for"
            + $" {state.Waited} epochs; the best was {state.BestLoss:0.0000}, after epoch {state.BestEpoch}");
        view.WriteLine(reason);
        log.StoppedEarly(reason);
    }

    /// <summary>A rule has ended the run.</summary>
    /// <param name="progress">Behind the last epoch.</param>
    /// <param name="rule">Its flag and value.</param>
    public void Stopped(TrainingProgress progress, string rule)
    {
        string reason = $"stopped in epoch {progress.Epoch - 1} of {epochs}, after round {progress.Steps}: {rule}";
        view.WriteLine(reason);
        log.StoppedEarly(reason);
    }

    /// <summary>The steps of an epoch are done; its evaluation is not.</summary>
    public void StepsMeasured(int epoch, EpochFigures figures) => log.StepsMeasured(epoch, figures.ToString());

    /// <summary>Brings the rows to the file; what cannot be written now is tried again next time.</summary>
    public void Flush()
    {
        try
        {
            metrics.Flush();
        }
        catch (IOException e)
        {
            log.MetricsNotWritten(e.Message);
        }
    }

    private void Write(
        string scope, int? batch, TrainingProgress progress, double lossSum, long hits, long rows, long skipped, double seconds, Evaluation? evaluation,
        Validation? validation = null)
    {
        RunMeters meters = Meters;
        metrics.Write(new MetricsRow(
            scope,
            progress.Epoch,
            batch,
            progress.Steps,
            rows == 0 ? null : lossSum / rows,
            rows == 0 || !CountsHits ? null : (double)hits / rows,
            evaluation?.Loss,
            evaluation?.Accuracy,
            _learningRate,
            seconds,
            rows / seconds,
            meters.SentBytes,
            meters.ReceivedBytes,
            skipped,
            evaluation?.MacroF1,
            evaluation?.Auc)
        {
            TestRmse = evaluation?.Rmse,
            TestMae = evaluation?.Mae,
            TestR2 = evaluation?.R2,
            ValidationLoss = validation?.Loss,
            ValidationAccuracy = validation?.Accuracy,
        });
        if (metrics.IsFlushDue)
        {
            Flush();
        }
    }

    private void ShowProgress(TrainingProgress progress)
    {
        double secondsPerStep = Stopwatch.GetElapsedTime(_start).TotalSeconds / _stepsHere;
        int left = ((epochs - progress.Epoch) * _batchesPerEpoch) + _batchesPerEpoch - progress.NextBatch;
        RunMeters meters = Meters;
        view.Update(new ProgressSnapshot(
            progress.Epoch,
            epochs,
            progress.NextBatch,
            _batchesPerEpoch,
            progress.Rows == 0 ? 0 : progress.LossSum / progress.Rows,
            progress.Rows / EpochSeconds,
            meters.SentBytes,
            meters.ReceivedBytes,
            TimeSpan.FromSeconds(left * secondsPerStep)));
    }
}
