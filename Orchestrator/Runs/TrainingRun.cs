using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Steps;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>What a run ended with.</summary>
/// <param name="Evaluation">Of the model that it ended with: the last epoch's, or with early stopping that of the best; <see langword="null"/> if there is no test set.</param>
/// <param name="Progress">How far it came.</param>
/// <param name="Meters">What it took.</param>
/// <param name="Hash">SHA-256 over all parameter bytes.</param>
/// <param name="Figures">What a step of the last epoch took; <see langword="null"/> if no step was done in this part of the run.</param>
internal sealed record RunOutcome(Evaluation? Evaluation, TrainingProgress Progress, RunMeters Meters, string Hash, EpochFigures? Figures)
{
    /// <summary>Of the same model, on what nodes keep out; <see langword="null"/> if they keep nothing.</summary>
    public Validation? Validation { get; init; }

    /// <summary>What node 1, 2, … said of themselves; empty where they were not asked.</summary>
    public IReadOnlyList<NodeReport> Nodes { get; init; } = [];

    /// <summary>Where it was gone on with by other flags; empty if it never was.</summary>
    public IReadOnlyList<RunBranch> Branches { get; init; } = [];

    /// <summary>The rule that ended it, <see cref="StopRules.Patience"/> and what a gate said among them; <see langword="null"/> if it went through all of its epochs.</summary>
    public string? StoppedBy { get; init; }
}

/// <summary>One run from its first step, or from a checkpoint, to its model file; the same for traversal and centralized training.</summary>
/// <param name="context">What it stands on.</param>
/// <param name="template">What its checkpoints say of the run itself.</param>
/// <param name="resumed">The checkpoint that it goes on from; <see langword="null"/> if it starts anew.</param>
/// <param name="folder">Where its results go.</param>
/// <param name="view">Shows progress.</param>
/// <param name="log">Told of what happens.</param>
internal sealed class TrainingRun(
    RunContext context, CheckpointManifest template, Checkpoint? resumed, RunFolder folder, IProgressView view, OrchestratorLog log)
{
    private readonly CheckpointStore _store = new(folder.Path);
    private readonly BestModel? _best = context.Options.EarlyStopping is null ? null : new BestModel(folder.Path);
    private Checkpointer? _checkpoints;
    private TrainingLoop? _loop;

    public RunContext Context { get; } = context;

    public OrchestratorLog Log { get; } = log;

    /// <summary>Where it starts.</summary>
    public TrainingProgress Start { get; } = resumed?.Manifest.Progress ?? TrainingProgress.Start;

    /// <summary>Whether the checkpoint is that of the run's end, and only its results are missing.</summary>
    public bool IsTrained => Start.Epoch > Context.Options.Epochs || Start.IsStopped || IsStoppedEarly(Start);

    /// <summary>The data that the run began with, of node 1, 2, …; empty if it begins now, and nothing has been prepared for it.</summary>
    public IReadOnlyList<NodeData> KnownData { get; } = resumed?.Manifest.Data ?? context.KnownData;

    /// <summary>Why the last checkpoint could not be written; <see langword="null"/> if it could.</summary>
    public string? CheckpointFailure => _checkpoints?.Failure;

    /// <summary>How to go on if the run ends now; <see langword="null"/> if there is nothing to go on from.</summary>
    /// <param name="from">From where that makes sense.</param>
    public string? ResumeHint(GoOnFrom from)
    {
        int diverged = (_loop?.Progress ?? Start).Steps;
        return from switch
        {
            GoOnFrom.LastCheckpoint when (_checkpoints?.LastSaved ?? Start.Steps) is var step and > 0 => $"go on from the checkpoint of step {step} with --resume '{folder.Path}'",
            GoOnFrom.EarlierCheckpoint when _store.Steps.FirstOrDefault(s => s < diverged) is var step and > 0 =>
                $"go on from the checkpoint of step {step} with --resume '{_store.PathOf(step)}' and a smaller --lr or --clip_grad_norm",
            _ => null,
        };
    }

    /// <summary>Trains a model that was just made, and writes it to its file.</summary>
    /// <param name="model">θ.</param>
    /// <param name="method">How; <see langword="null"/> only where <see cref="IsTrained"/>.</param>
    /// <param name="data">Of the nodes.</param>
    /// <param name="test">What it is evaluated on; <see langword="null"/> if there is nothing.</param>
    /// <param name="traffic">Bytes sent and received so far.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="validate">Validates it after every epoch; <see langword="null"/> if no samples are kept out for that.</param>
    /// <exception cref="UserErrorException">The checkpoint does not fit, training diverged, or a result cannot be written.</exception>
    public async Task<RunOutcome> TrainAsync(
        ModelManager model,
        ITrainingMethod? method,
        IReadOnlyList<NodeData> data,
        SampleTensors? test,
        Func<(long Sent, long Received)> traffic,
        CancellationToken cancellationToken,
        Validator? validate = null)
    {
        RequireSameTest(test);
        Restore(model, method?.State);
        if (resumed is null && model.Taken is { } taken)
        {
            SayWhereFrom(Context.Options.Start!, taken);
        }

        using MetricsFile metrics = OpenMetrics();
        var reporter = new TrainingReporter(
            view, metrics, Log, Context.Options.Epochs, Context.Options.LogSteps, resumed?.Manifest.Meters ?? RunMeters.Zero, traffic)
        {
            CountsHits = Context.Options.HasClasses,
        };
        CheckpointManifest Describe(TrainingProgress progress)
        {
            // The rows up to a checkpoint are to be there when it is.
            reporter.Flush();
            return template with { Progress = progress, Meters = reporter.Meters, Data = data, TestData = test?.Fingerprint };
        }

        _checkpoints = new Checkpointer(
            _store,
            new CheckpointSchedule(Context.Options.CheckpointEvery, Context.Options.KeepCheckpoints),
            Describe,
            path =>
            {
                ModelState.Write(model, path, method?.State);
                _best?.CopyTo(path);
            },
            Log,
            Start.Steps,
            Context.Events);
        TrainingProgress progress = Start;
        EpochFigures? figures = null;
        Context.Probe.Meters = () => reporter.Meters;
        Context.Events.Publish(new RunStarted(Context.Options.Algorithm.ToString(), Context.Options.Epochs, Context.Options.NumNodes, Start.Steps));
        if (!IsTrained)
        {
            var steps = StepWatch.Attach(method!.Clock, Context.Options.NumNodes, Context.Events, Context.Probe, Log.NodeSlow);
            _loop = new TrainingLoop(
                model, method, test, reporter, _checkpoints, new EpochMeter(method.Clock, traffic), Context.Events, validate, NewWatch(), Context.Gate, steps)
            {
                Rules = Context.Options.Stop,
                Finite = new FiniteLoss(test, Context.Options.Optimizer.EffectiveLearningRate, Context.Options.AllowNonFinite, Log),
            };
            progress = await _loop.RunAsync(Start, Context.Options.Epochs, cancellationToken);
            figures = _loop.Figures;
        }

        WriteRows(metrics);
        if (progress.StoppedBy is { } rule)
        {
            reporter.Stopped(progress, Context.Options.Stop.Describe(rule));
        }

        (Evaluation? evaluation, Validation? validation) = End(model, reporter, progress);
        folder.WriteModel(model.Parameters, model.Header);
        if (Context.Options.EarlyStopping is not null && progress.Stopping is { BestEpoch: 0, NonFinite: > 0 })
        {
            throw new DivergedException(
                $"no epoch had a {(Context.Options.ValidationFraction > 0 ? "validation" : "test")} loss that is a number, so that --early_stopping could choose none:"
                + $" look at the data first, then use a smaller --lr; the last epoch's model is '{folder.ModelPath}'",
                GoOnFrom.Nowhere);
        }

        return new RunOutcome(evaluation, progress, reporter.Meters, model.Parameters.Sha256(), figures)
        {
            Validation = validation,
            Branches = template.Branches ?? [],
            StoppedBy = progress.StoppedBy ?? (IsStoppedEarly(progress) ? StopRules.Patience : null),
        };
    }

    private void SayWhereFrom(StartingWeights start, StateDictMatch taken)
    {
        Log.StartedFrom(start.Path!, taken);
        if (start.DifferenceOfTables(Context.Setup.Preparation) is { } difference)
        {
            Log.StartedFromOtherTables(start.Path!, difference);
        }
    }

    private bool IsStoppedEarly(TrainingProgress progress) =>
        Context.Options.EarlyStopping is { } settings && progress.Stopping is { } stopping && stopping.IsOver(settings);

    private EpochWatch? NewWatch() => _best is null ? null : new EpochWatch(Context.Options.EarlyStopping!, _best);

    /// <summary>With early stopping: says how it ended, and gives the model the values of the best epoch.</summary>
    /// <returns>What the model is worth that the run ends with.</returns>
    private (Evaluation? Evaluation, Validation? Validation) End(ModelManager model, TrainingReporter reporter, TrainingProgress progress)
    {
        (Evaluation?, Validation?) last = (progress.Evaluation, progress.Validation);
        if (Context.Options.EarlyStopping is not { } settings || progress.Stopping is not { BestEpoch: > 0 } stopping)
        {
            return last;
        }

        if (IsStoppedEarly(progress))
        {
            reporter.StoppedEarly(progress, settings, ofNodes: Context.Options.ValidationFraction > 0);
        }

        if (!settings.RestoreBest)
        {
            return last;
        }

        _best!.Restore(model);
        return (stopping.BestEvaluation, stopping.BestValidation);
    }

    /// <summary>At another path the test set must be the same; at the same path, it may have been mended.</summary>
    private void RequireSameTest(SampleTensors? test)
    {
        if (resumed?.Manifest is not { TestData: { } before } manifest || test?.Fingerprint == before)
        {
            return;
        }

        if (manifest.Options.GetValueOrDefault("--dataset") != template.Options["--dataset"])
        {
            throw new UserErrorException(ExitCode.Data, $"the test set of '{Context.Options.Dataset}' is not the one that the checkpoint was made with; leave --dataset out to go on with that");
        }

        Log.TestDataDiffers(Context.Options.Dataset);
    }

    private void Restore(ModelManager model, IReadOnlyList<(string Name, Tensor Tensor)>? methodState)
    {
        if (resumed is null)
        {
            return;
        }

        try
        {
            ModelState.Read(model, resumed.Path, Start.Epoch - 1, methodState);
            _best?.TakeFrom(resumed.Path);
        }
        catch (SafetensorsException e)
        {
            throw new UserErrorException(ExitCode.Data, $"the checkpoint does not fit the run: {e.Message}", e);
        }

        Log.Resumed(resumed.Path, Start.Epoch, Start.NextBatch);
        try
        {
            foreach (string path in _store.SetAsideAfter(Start.Steps))
            {
                Log.CheckpointSetAside(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.TrainingFailed, $"cannot rename the checkpoints after step {Start.Steps}: {e.Message}", e);
        }
    }

    private MetricsFile OpenMetrics()
    {
        try
        {
            return resumed is null ? MetricsFile.Create(folder.MetricsPath) : MetricsFile.Continue(folder.MetricsPath, Start);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.TrainingFailed, $"cannot write '{folder.MetricsPath}': {e.Message}", e);
        }
    }

    private void WriteRows(MetricsFile metrics)
    {
        try
        {
            metrics.Flush();
        }
        catch (IOException e)
        {
            throw new UserErrorException(ExitCode.TrainingFailed, $"cannot write '{folder.MetricsPath}': {e.Message}", e);
        }
    }
}
