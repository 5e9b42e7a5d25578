using TraversalLearning.Models;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Steps;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>Evaluates the model of an epoch on the test set, and on what nodes keep out of training.</summary>
/// <param name="model">θ.</param>
/// <param name="test">The test set; <see langword="null"/> if there is none.</param>
/// <param name="validate">Has nodes validate it; <see langword="null"/> if they keep nothing out.</param>
/// <param name="finite">What becomes of a loss that is no number.</param>
internal sealed class EpochEvaluation(ModelManager model, SampleTensors? test, Validator? validate, FiniteLoss finite)
{
    // More rows at once are no faster, and those of a convolutional model would be what takes the most memory of the run.
    private const int BatchSize = 250;

    /// <summary>Evaluates it.</summary>
    /// <param name="progress">Behind the epoch's rounds.</param>
    /// <param name="meter">What the run has taken so far.</param>
    /// <param name="cancellationToken">Ends it.</param>
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
