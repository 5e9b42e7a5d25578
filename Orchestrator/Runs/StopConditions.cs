using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>Conditions that end a run before its last epoch: stop rules, early stopping, and the epoch gate.</summary>
/// <param name="rules">The stop rules.</param>
/// <param name="watch">Early stopping; <see langword="null"/> without it.</param>
/// <param name="gate">The epoch gate; <see langword="null"/> if there is none.</param>
/// <param name="meter">Time and traffic of the run so far.</param>
internal sealed class StopConditions(StopRules rules, EpochWatch? watch, EpochGate? gate, RunMeter meter)
{
    private readonly Func<(double Seconds, long Bytes)> _spent = () => meter.Read() is var m ? (m.Seconds, m.SentBytes + m.ReceivedBytes) : default;

    public bool IsReached(TrainingProgress progress) => progress.IsStopped || (watch?.IsOver(progress) ?? false);

    /// <summary>The progress after a round, with the rule that ends the run there, if any.</summary>
    public TrainingProgress AfterRound(TrainingProgress progress) =>
        rules.AfterRound(progress.Steps, _spent) is { } rule ? progress with { StoppedBy = rule } : progress;

    /// <summary>
    /// The progress at the start of the next epoch, with the condition that ends the run before it, if any.
    /// </summary>
    /// <param name="completed">The completed epoch.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="UserErrorException">The best model cannot be written.</exception>
    public async Task<TrainingProgress> AfterEpochAsync(EpochCompleted completed, CancellationToken cancellationToken)
    {
        (double? accuracy, double? loss) = completed.Judged;
        TrainingProgress progress = completed.Progress with { Stopping = watch is null ? null : await watch.AfterAsync(completed, cancellationToken) };
        return progress.NextEpoch(completed.Evaluation, completed.Validation) with { StoppedBy = progress.StoppedBy ?? rules.AfterEpoch(accuracy, loss) };
    }

    /// <summary>The same progress, with the gate's decision.</summary>
    public async Task<TrainingProgress> AskAsync(EpochCompleted completed, TrainingProgress progress, CancellationToken cancellationToken) =>
        gate is not null && await gate(completed, cancellationToken) is { } verdict ? progress with { StoppedBy = progress.StoppedBy ?? verdict } : progress;
}
