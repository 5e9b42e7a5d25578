using TraversalLearning.Models;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Steps;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Sessions;

/// <summary>
/// Who holds the model that a run trains: here the orchestrator, with the blind exchange the nodes. A run begins, evaluates,
/// saves and ends its model through this.
/// </summary>
/// <param name="model">The orchestrator's model, with the schedule of the run.</param>
/// <param name="test">The orchestrator's test set; <see langword="null"/> if there is none.</param>
/// <param name="validate">Validates on held-out samples; <see langword="null"/> if there are none.</param>
internal class ModelHolder(ModelManager model, SampleTensors? test, Validator? validate)
{
    // More rows at once are no faster, and with a convolutional model would dominate the run's memory use.
    private const int BatchSize = 250;

    /// <summary>The learning rate of the next step.</summary>
    public double LearningRate => model.LearningRate;

    /// <summary>The orchestrator's model.</summary>
    protected ModelManager Model => model;

    /// <summary>File name of the best epoch's model in a run folder and in a checkpoint.</summary>
    public virtual string BestName => "best.safetensors";

    /// <summary>Facts of a blind run; <see langword="null"/> for the other exchanges.</summary>
    public virtual BlindFacts? Blind => null;

    /// <summary>Advances the learning rate; called once per epoch.</summary>
    public void EndEpoch() => model.EndEpoch();

    /// <summary>Begins training, or goes on from a checkpoint.</summary>
    /// <param name="checkpoint">The checkpoint's folder; <see langword="null"/> for a new run.</param>
    /// <param name="epochs">Number of completed epochs.</param>
    /// <param name="state">The method's own state.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="Files.SafetensorsException">The checkpoint does not fit.</exception>
    public virtual Task BeginAsync(string? checkpoint, int epochs, IReadOnlyList<(string Name, Tensor Tensor)>? state, CancellationToken cancellationToken)
    {
        if (checkpoint is not null)
        {
            ModelState.Read(model, checkpoint, epochs, state);
        }

        return Task.CompletedTask;
    }

    /// <summary>Evaluates the model after an epoch.</summary>
    public virtual async Task<(Evaluation? Evaluation, Validation? Validation)> EvaluateAsync(int epoch, CancellationToken cancellationToken) =>
        (test is null ? null : model.Evaluate(test, BatchSize, cancellationToken), validate is null ? null : await validate(epoch, cancellationToken));

    /// <summary>Writes the state of training to a checkpoint.</summary>
    /// <exception cref="IOException">The files cannot be written.</exception>
    public virtual Task SaveAsync(string folder, IReadOnlyList<(string Name, Tensor Tensor)>? state, CancellationToken cancellationToken)
    {
        ModelState.Write(model, folder, state);
        return Task.CompletedTask;
    }

    /// <summary>Writes the model to a file, as the best so far.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public virtual Task SaveBestAsync(string path, CancellationToken cancellationToken)
    {
        ModelFile.Write(path, model.Parameters, model.Header);
        return Task.CompletedTask;
    }

    /// <summary>Restores the model of a file.</summary>
    /// <exception cref="Files.SafetensorsException">The file is missing or damaged.</exception>
    public virtual Task RestoreBestAsync(string path, CancellationToken cancellationToken)
    {
        ModelFile.Read(path, model.Parameters);
        return Task.CompletedTask;
    }

    /// <summary>Ends training.</summary>
    /// <returns>Whether the orchestrator has the model.</returns>
    public virtual Task<bool> EndAsync(CancellationToken cancellationToken) => Task.FromResult(true);
}
