using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Model;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>What ends a run before its last epoch: its rules, early stopping, and whoever is asked after every epoch.</summary>
/// <param name="rules">Its rules.</param>
/// <param name="watch">Early stopping; <see langword="null"/> without it.</param>
/// <param name="gate">Is asked; <see langword="null"/> if nobody is.</param>
/// <param name="meter">What the run has taken so far.</param>
internal sealed class StopConditions(StopRules rules, EpochWatch? watch, EpochGate? gate, RunMeter meter)
{
    private readonly Func<(double Seconds, long Bytes)> _spent = () => meter.Read() is var m ? (m.Seconds, m.SentBytes + m.ReceivedBytes) : default;

    /// <summary>Whether the run is over.</summary>
    public bool IsReached(TrainingProgress progress) => progress.IsStopped || (watch?.IsOver(progress) ?? false);

    /// <summary>The progress behind a round, with the rule that ends the run there, if one does.</summary>
    public TrainingProgress AfterRound(TrainingProgress progress) =>
        rules.AfterRound(progress.Steps, _spent) is { } rule ? progress with { StoppedBy = rule } : progress;

    /// <summary>The progress at the beginning of the next epoch, with what ends the run before it, if anything does.</summary>
    /// <param name="completed">The epoch.</param>
    /// <param name="model">As it is behind the epoch; kept, if it is the best.</param>
    /// <exception cref="UserErrorException">The best model cannot be written.</exception>
    public TrainingProgress AfterEpoch(EpochCompleted completed, ModelManager model)
    {
        (double? accuracy, double? loss) = completed.Judged;
        TrainingProgress progress = completed.Progress with { Stopping = watch?.After(completed, model) };
        return progress.NextEpoch(completed.Evaluation, completed.Validation) with { StoppedBy = progress.StoppedBy ?? rules.AfterEpoch(accuracy, loss) };
    }

    /// <summary>The same progress, with the verdict of whoever is asked.</summary>
    public async Task<TrainingProgress> AskAsync(EpochCompleted completed, TrainingProgress progress, CancellationToken cancellationToken) =>
        gate is not null && await gate(completed, cancellationToken) is { } verdict ? progress with { StoppedBy = progress.StoppedBy ?? verdict } : progress;
}
