using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Model;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>
/// One run from its first step, or from a checkpoint, to its model file; shared by networked and centralized training.
/// </summary>
/// <param name="context">The run's context.</param>
/// <param name="template">The parts of its checkpoints' manifest that describe the run itself.</param>
/// <param name="resumed">The checkpoint to resume from; <see langword="null"/> for a new run.</param>
/// <param name="folder">The run folder.</param>
/// <param name="view">Shows progress.</param>
/// <param name="log">The run's log.</param>
internal sealed class TrainingRun(
    RunContext context, CheckpointManifest template, Checkpoint? resumed, RunFolder folder, IProgressView view, OrchestratorLog log)
{
    private readonly CheckpointStore _store = new(folder.Path);
    private BestModel? _best;
    private Checkpointer? _checkpoints;
    private TrainingLoop? _loop;

    public RunContext Context { get; } = context;

    public OrchestratorLog Log { get; } = log;

    /// <summary>Progress at the start.</summary>
    public TrainingProgress Start { get; } = resumed?.Manifest.Progress ?? TrainingProgress.Start;

    /// <summary>Whether the checkpoint is that of the run's end, so that only results are missing.</summary>
    public bool IsTrained => Start.Epoch > Context.Options.Epochs || Start.IsStopped || IsStoppedEarly(Start);

    /// <summary>The data of nodes 1, 2, … at the run's start; empty for a new run without preparation.</summary>
    public IReadOnlyList<NodeData> KnownData { get; } = resumed?.Manifest.Data ?? context.KnownData;

    /// <summary>The folder of the checkpoint that the run goes on from; <see langword="null"/> for a new run.</summary>
    public string? ResumedFrom => resumed?.Path;

    /// <summary>Why the last checkpoint could not be written; <see langword="null"/> if it was written.</summary>
    public string? CheckpointFailure => _checkpoints?.Failure;

    /// <summary>
    /// How to resume if the run ends now; <see langword="null"/> if there is no checkpoint to resume from.
    /// </summary>
    /// <param name="from">Where the run can resume.</param>
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

    /// <summary>Trains a newly created model and writes it to its file.</summary>
    /// <exception cref="UserErrorException">The checkpoint does not fit, training diverged, or a result cannot be
    /// written.</exception>
    public async Task<RunOutcome> TrainAsync(TrainingParts parts, CancellationToken cancellationToken)
    {
        (RunOptions options, ModelManager model) = (Context.Options, parts.Model);
        RequireSameTest(parts.Test);
        _best = options.EarlyStopping is null ? null : new BestModel(folder.Path, parts.Holder);
        await BeginAsync(parts, cancellationToken);
        if (resumed is null && model.Taken is { } taken)
        {
            SayWhereFrom(options.Start!, taken);
        }

        var meter = new RunMeter(resumed?.Manifest.Meters ?? RunMeters.Zero, parts.Traffic);
        using var metrics = new MetricsWriter(folder, resumed is null ? null : Start, options, meter, Log);
        using IDisposable writing = metrics.Follow(Context.Events);
        var reporter = new TrainingReporter(view, Log, options, meter);
        using IDisposable reporting = reporter.Follow(Context.Events);
        _checkpoints = NewCheckpointer(parts, metrics, meter);
        Context.Probe.Meters = meter.Read;
        Context.Events.Publish(new RunStarted(options.Algorithm.ToString(), options.Epochs, options.NumNodes, Start.Steps));
        (TrainingProgress progress, EpochFigures? figures) = IsTrained ? (Start, null) : await LoopAsync(parts, meter, cancellationToken);
        metrics.Complete();
        if (progress.StoppedBy is { } rule)
        {
            reporter.Stopped(progress, options.Stop.Describe(rule));
        }

        (Evaluation? evaluation, Validation? validation) = await EndAsync(reporter, progress, cancellationToken);
        bool isHere = await parts.Holder.EndAsync(cancellationToken);
        if (isHere)
        {
            folder.WriteModel(model.Parameters, model.Header);
        }

        if (options.EarlyStopping is not null && progress.Stopping is { BestEpoch: 0, NonFinite: > 0 })
        {
            throw new DivergedException(
                $"no epoch had a {(options.ValidationFraction > 0 ? "validation" : "test")} loss that is a number, so that --early_stopping could choose none:"
                + $" look at the data first, then use a smaller --lr; the last epoch's model is '{folder.ModelPath}'",
                GoOnFrom.Nowhere);
        }

        return new RunOutcome(evaluation, progress, meter.Read(), isHere ? model.Parameters.Sha256() : null, figures)
        {
            Blind = parts.Holder.Blind,
            Validation = validation,
            Branches = template.Branches ?? [],
            StoppedBy = progress.StoppedBy ?? (IsStoppedEarly(progress) ? StopRules.Patience : null),
        };
    }

    private async Task<(TrainingProgress Progress, EpochFigures? Figures)> LoopAsync(TrainingParts parts, RunMeter meter, CancellationToken cancellationToken)
    {
        (RunOptions options, ITrainingMethod method) = (Context.Options, parts.Method!);
        using var watching = StepWatch.Attach(method.Clock, options.NumNodes, Context.Events, Context.Probe, Log.NodeSlow);
        var steps = new EpochMeter(method.Clock, parts.Traffic, (epoch, figures) => Log.StepsMeasured(epoch, figures.ToString()));
        using IDisposable measuring = steps.Follow(Context.Events);
        var finite = new FiniteLoss(parts.Test, options.Optimizer.EffectiveLearningRate, options.AllowNonFinite, Log);
        _loop = new TrainingLoop(
            parts.Holder,
            method,
            new EpochEvaluation(parts.Holder, finite),
            new StopConditions(options.Stop, NewWatch(), Context.Gate, meter),
            _checkpoints!,
            meter,
            Context.Events);
        return (await _loop.RunAsync(Start, options.Epochs, cancellationToken), steps.Figures);
    }

    private Checkpointer NewCheckpointer(TrainingParts parts, MetricsWriter metrics, RunMeter meter)
    {
        return new Checkpointer(
            _store,
            new CheckpointSchedule(Context.Options.CheckpointEvery, Context.Options.KeepCheckpoints),
            Describe,
            async (path, token) =>
            {
                await parts.Holder.SaveAsync(path, parts.Method?.State, token);
                _best?.CopyTo(path);
            },
            Log,
            Start.Steps,
            Context.Events);

        CheckpointManifest Describe(TrainingProgress progress)
        {
            // The rows up to a checkpoint must be on disk when it is.
            metrics.TryFlush();
            return template with { Progress = progress, Meters = meter.Read(), Data = parts.Data, TestData = parts.Test?.Fingerprint };
        }
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

    private EpochWatch? NewWatch() => _best is null ? null : new EpochWatch(Context.Options.EarlyStopping!, ofNodes: Context.Options.ValidationFraction > 0, _best);

    /// <summary>With early stopping: logs the reason and restores the model of the best epoch.</summary>
    /// <returns>Evaluation and validation of the resulting model.</returns>
    private async Task<(Evaluation? Evaluation, Validation? Validation)> EndAsync(TrainingReporter reporter, TrainingProgress progress, CancellationToken cancellationToken)
    {
        (Evaluation?, Validation?) last = (progress.Evaluation, progress.Validation);
        if (Context.Options.EarlyStopping is not { } settings || progress.Stopping is not { BestEpoch: > 0 } stopping)
        {
            return last;
        }

        if (IsStoppedEarly(progress))
        {
            reporter.StoppedEarly(progress, settings);
        }

        if (!settings.RestoreBest)
        {
            return last;
        }

        await _best!.RestoreAsync(cancellationToken);
        return (stopping.BestEvaluation, stopping.BestValidation);
    }

    /// <summary>At another path the test set must be identical; at the same path it may have been corrected.</summary>
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

    private async Task BeginAsync(TrainingParts parts, CancellationToken cancellationToken)
    {
        await ErrorTable.ReadingModel.GuardAsync(
            async () =>
            {
                await parts.Holder.BeginAsync(resumed?.Path, Start.Epoch - 1, parts.Method?.State, cancellationToken);
                return true;
            },
            e => $"the checkpoint does not fit the run: {e.Message}");
        if (resumed is null)
        {
            return;
        }

        _best?.TakeFrom(resumed.Path);
        Log.Resumed(resumed.Path, Start.Epoch, Start.NextBatch);
        foreach (string path in ErrorTable.Writing.Guard(() => _store.SetAsideAfter(Start.Steps), e => $"cannot rename the checkpoints after step {Start.Steps}: {e.Message}"))
        {
            Log.CheckpointSetAside(path);
        }
    }
}
