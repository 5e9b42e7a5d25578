using System.Diagnostics;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Planning;
using TraversalLearning.Orchestration.Scheduling;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Reporting;

/// <summary>Turns what the loop does into progress, metrics and log. Costs a step some additions; the rest happens now and then.</summary>
internal sealed class TrainingReporter(
    IProgressView view, MetricsFile metrics, OrchestratorLog log, int epochs, bool logSteps, Func<(long Sent, long Received)> traffic)
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private VirtualBatchPlanner? _planner;
    private int _epoch;
    private int _batches;
    private double _learningRate;
    private double _lossSum;
    private long _hits;
    private long _rows;
    private long _epochStart;
    private long _lastStep;
    private long _lastUpdate;

    /// <summary>Steps done.</summary>
    public int Steps { get; private set; }

    /// <summary>Since the first epoch began.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    public void EpochStarted(int epoch, VirtualBatchPlanner planner, double learningRate)
    {
        (_epoch, _planner, _learningRate) = (epoch, planner, learningRate);
        (_batches, _lossSum, _hits, _rows) = (0, 0, 0, 0);
        _epochStart = _lastStep = _lastUpdate = Stopwatch.GetTimestamp();
    }

    public void StepCompleted(VirtualBatch batch, BatchOutcome outcome)
    {
        Steps++;
        _batches++;
        _lossSum += outcome.LossSum;
        _hits += outcome.Hits;
        _rows += outcome.Rows;
        if (logSteps)
        {
            double seconds = Stopwatch.GetElapsedTime(_lastStep).TotalSeconds;
            _lastStep = Stopwatch.GetTimestamp();
            (long sent, long received) = traffic();
            Write(new MetricsRow(
                "step",
                _epoch,
                batch.Index,
                Steps,
                outcome.LossSum / outcome.Rows,
                (double)outcome.Hits / outcome.Rows,
                null,
                null,
                _learningRate,
                seconds,
                outcome.Rows / seconds,
                sent,
                received));
        }

        if (Stopwatch.GetElapsedTime(_lastUpdate) >= view.Interval || _batches == _planner!.BatchesPerEpoch)
        {
            _lastUpdate = Stopwatch.GetTimestamp();
            ShowProgress();
        }
    }

    public void EpochCompleted(Evaluation evaluation)
    {
        double seconds = Stopwatch.GetElapsedTime(_epochStart).TotalSeconds;
        (long sent, long received) = traffic();
        Write(new MetricsRow(
            "epoch",
            _epoch,
            null,
            Steps,
            _lossSum / _rows,
            (double)_hits / _rows,
            evaluation.Loss,
            evaluation.Accuracy,
            _learningRate,
            seconds,
            _rows / seconds,
            sent,
            received));
        string summary = $"train loss {_lossSum / _rows:0.0000}, accuracy {(double)_hits / _rows:0.0000}; "
            + $"test loss {evaluation.Loss:0.0000}, accuracy {evaluation.Accuracy:0.0000}; {seconds:0.0} s, {seconds / _batches * 1e3:0.00} ms a step";
        view.WriteLine($"epoch {_epoch}/{epochs}: {summary}");
        log.EpochCompleted(_epoch, summary);
    }

    private void Write(MetricsRow row)
    {
        try
        {
            metrics.Write(row);
        }
        catch (IOException e)
        {
            throw new UserErrorException(ExitCode.TrainingFailed, $"cannot write metrics.csv: {e.Message}", e);
        }
    }

    private void ShowProgress()
    {
        int perEpoch = _planner!.BatchesPerEpoch;
        double epochSeconds = Stopwatch.GetElapsedTime(_epochStart).TotalSeconds;
        double secondsPerStep = Elapsed.TotalSeconds / Steps;
        int left = ((epochs - _epoch) * perEpoch) + perEpoch - _batches;
        (long sent, long received) = traffic();
        view.Update(new ProgressSnapshot(
            _epoch,
            epochs,
            _batches,
            perEpoch,
            _lossSum / _rows,
            _rows / epochSeconds,
            sent,
            received,
            TimeSpan.FromSeconds(left * secondsPerStep)));
    }
}
