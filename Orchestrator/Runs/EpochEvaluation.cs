using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Sessions;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>Evaluates the model of an epoch on the test set and on the nodes' held-out samples.</summary>
/// <param name="holder">Who holds the model.</param>
/// <param name="finite">Handles a non-finite loss.</param>
internal sealed class EpochEvaluation(ModelHolder holder, FiniteLoss finite)
{
    /// <summary>Evaluates the current model.</summary>
    /// <param name="progress">The progress after the epoch's rounds.</param>
    /// <param name="meter">Time and traffic of the run so far.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public async Task<EpochCompleted> EvaluateAsync(TrainingProgress progress, RunMeter meter, CancellationToken cancellationToken)
    {
        (Evaluation? evaluation, Validation? validation) = await holder.EvaluateAsync(progress.Epoch, cancellationToken);
        var completed = new EpochCompleted(progress, evaluation, meter.Read(), validation) { LearningRate = holder.LearningRate };
        finite.Look(completed);
        return completed;
    }

    /// <summary>Ends a run that has diverged.</summary>
    /// <exception cref="DivergedException">The loss is not finite, and that is not allowed.</exception>
    public void RequireFinite(EpochCompleted completed) => finite.Require(completed);
}
