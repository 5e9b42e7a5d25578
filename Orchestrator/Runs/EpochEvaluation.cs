using TraversalLearning.Models;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Steps;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>Evaluates the model of an epoch on the test set and on the nodes' held-out samples.</summary>
/// <param name="model">θ.</param>
/// <param name="test">The test set; <see langword="null"/> if there is none.</param>
/// <param name="validate">Validates on nodes; <see langword="null"/> if no samples are held out.</param>
/// <param name="finite">Handles a non-finite loss.</param>
internal sealed class EpochEvaluation(ModelManager model, SampleTensors? test, Validator? validate, FiniteLoss finite)
{
    // More rows at once are no faster, and with a convolutional model would dominate the run's memory use.
    private const int BatchSize = 250;

    /// <summary>Evaluates the current model.</summary>
    /// <param name="progress">The progress after the epoch's rounds.</param>
    /// <param name="meter">Time and traffic of the run so far.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public async Task<EpochCompleted> EvaluateAsync(TrainingProgress progress, RunMeter meter, CancellationToken cancellationToken)
    {
        Evaluation? evaluation = test is null ? null : model.Evaluate(test, BatchSize, cancellationToken);
        Validation? validation = validate is null ? null : await validate(progress.Epoch, cancellationToken);
        var completed = new EpochCompleted(progress, evaluation, meter.Read(), validation) { LearningRate = model.LearningRate };
        finite.Look(completed);
        return completed;
    }

    /// <summary>Ends a run that has diverged.</summary>
    /// <exception cref="DivergedException">The loss is not finite, and that is not allowed.</exception>
    public void RequireFinite(EpochCompleted completed) => finite.Require(completed);
}
