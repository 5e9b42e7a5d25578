using System.Diagnostics;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>
/// Shows progress to the user and logs every epoch. Per round it only reads the clock; the rest happens at intervals.
/// </summary>
/// <param name="view">Shows progress.</param>
/// <param name="log">The run's log.</param>
/// <param name="options">The run's options.</param>
/// <param name="meter">Time and traffic of the run so far.</param>
internal sealed class TrainingReporter(IProgressView view, OrchestratorLog log, RunOptions options, RunMeter meter)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private int _roundsHere;
    private long _lastUpdate;

    /// <summary>Starts reporting.</summary>
    /// <returns>Dispose at the end of the run.</returns>
    public IDisposable Follow(RunEvents events) => events.Subscribe(static e => e is EpochStarted or RoundCompleted or EpochCompleted, Observe);

    /// <summary>Reports that early stopping has ended the run.</summary>
    public void StoppedEarly(TrainingProgress progress, EarlyStopping settings)
    {
        StoppingState state = progress.Stopping!;
        Say(
            $"stopped after epoch {progress.Epoch - 1} of {options.Epochs}: the {(options.ValidationFraction > 0 ? "validation" : "test")} loss has not fallen by more than"
            + $" {settings.MinDelta} for {state.Waited} epochs; the best was {state.BestLoss:0.0000}, after epoch {state.BestEpoch}");
    }

    /// <summary>Reports that a rule has ended the run.</summary>
    /// <param name="progress">The progress after the last epoch.</param>
    /// <param name="rule">Its flag and value.</param>
    public void Stopped(TrainingProgress progress, string rule) =>
        Say($"stopped in epoch {progress.Epoch - 1} of {options.Epochs}, after round {progress.Steps}: {rule}");

    private void Say(string reason)
    {
        view.WriteLine(reason);
        log.StoppedEarly(reason);
    }

    private void Observe(RunEvent runEvent)
    {
        switch (runEvent)
        {
            case EpochStarted:
                _lastUpdate = Stopwatch.GetTimestamp();
                break;
            case RoundCompleted e:
                _roundsHere++;
                if (Stopwatch.GetElapsedTime(_lastUpdate) >= view.Interval || e.Progress.NextBatch == e.RoundsPerEpoch)
                {
                    _lastUpdate = Stopwatch.GetTimestamp();
                    ShowProgress(e.Progress, e.RoundsPerEpoch);
                }

                break;
            case EpochCompleted e:
                string summary = Summary(e);
                view.WriteLine($"epoch {e.Epoch}/{options.Epochs}: {summary}");
                log.EpochCompleted(e.Epoch, summary);
                break;
        }
    }

    private void ShowProgress(TrainingProgress progress, int roundsPerEpoch)
    {
        double secondsPerRound = Stopwatch.GetElapsedTime(_start).TotalSeconds / _roundsHere;
        int left = ((options.Epochs - progress.Epoch) * roundsPerEpoch) + roundsPerEpoch - progress.NextBatch;
        RunMeters meters = meter.Read();
        view.Update(new ProgressSnapshot(
            progress.Epoch,
            options.Epochs,
            progress.NextBatch,
            roundsPerEpoch,
            progress.MeanLoss ?? 0,
            progress.Rows / meters.EpochSeconds,
            meters.SentBytes,
            meters.ReceivedBytes,
            TimeSpan.FromSeconds(left * secondsPerRound)));
    }

    private string Summary(EpochCompleted e)
    {
        TrainingProgress progress = e.Progress;
        string trainAccuracy = options.HasClasses ? $", accuracy {(double)progress.Hits / progress.Rows:0.0000}" : string.Empty;
        string trained = e.TrainLoss is { } loss ? $"train loss {loss:0.0000}{trainAccuracy}" : "no rows to train on";
        double seconds = e.Meters.EpochSeconds;
        return $"{trained}; "
            + (e.Validation is { } held ? $"validation loss {held.Loss:0.0000}{(held.Accuracy is { } accuracy ? $", accuracy {accuracy:0.0000}" : string.Empty)}; " : string.Empty)
            + (e.Evaluation is { } test ? $"test loss {test.Loss:0.0000}, {test.Summary};" : "test loss n/a;")
            + (e.SkippedRows > 0 ? $" {e.SkippedRows} rows skipped;" : string.Empty)
            + $" {seconds:0.0} s, {seconds / progress.NextBatch * 1e3:0.00} ms a step";
    }
}
