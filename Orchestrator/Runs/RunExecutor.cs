using System.Diagnostics;
using TraversalLearning.Hosting;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>
/// Executes a run, from its options to a complete run folder, for every method and caller. Independent of the command
/// line; prints nothing.
/// </summary>
/// <param name="view">Shows progress.</param>
/// <param name="log">The run's log.</param>
internal sealed class RunExecutor(IProgressView view, OrchestratorLog log)
{
    /// <summary>Executes a run.</summary>
    /// <exception cref="UserErrorException">The run cannot start, or failed; the message says how to resume if there is
    /// a checkpoint.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the last complete step is saved as a
    /// checkpoint.</exception>
    public async Task<RunResult> RunAsync(RunRequest request, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        IReadOnlyList<RunBranch>? branches = null;
        if (request.Resumed is { } checkpoint)
        {
            branches = Resumption.Check(checkpoint.Manifest, request, log);
        }
        else if (!request.Options.SizedByData)
        {
            request.Folder.WriteDescription(request.Options.Model);
        }

        using EventFile events = request.Folder.OpenEvents();
        using IDisposable writing = request.Events.Subscribe(EventFile.Takes, events.Write);
        TrainingRun? run = null;
        RunOutcome outcome;
        try
        {
            outcome = await view.RunAsync(() => request.Nodes is { } nodes ? nodes.WatchAsync(TrainAsync, cancellationToken) : TrainAsync(cancellationToken));
        }
        catch (Exception e)
        {
            request.Events.Publish(new RunFailed(e is OperationCanceledException ? "cancelled" : e.Message));
            if (run?.ResumeHint((e as DivergedException)?.GoOnFrom ?? GoOnFrom.LastCheckpoint) is not { } hint)
            {
                throw;
            }

            if (e is UserErrorException error)
            {
                throw new UserErrorException(error.ExitCode, $"{e.Message}; {hint}", e);
            }

            log.GoOnWith(hint);
            throw;
        }

        RunOptions options = run!.Context.Options;
        request.Folder.WriteSummary(RunSummary.Of(request, options, outcome, Stopwatch.GetElapsedTime(start)));
        request.Events.Publish(new RunCompleted(outcome.StoppedBy, outcome.Progress.Steps, outcome.Hash));
        return new RunResult(run.Context, outcome, run.CheckpointFailure);

        async Task<RunOutcome> TrainAsync(CancellationToken token)
        {
            RunContext context = await RunContext.CreateAsync(request.Options, new Progress<string>(log.Started), token);
            if (request.Resumed is { Manifest: var manifest })
            {
                Resumption.WarnOfRounding(manifest, request.Given, LibTorch.Loaded!, log);
            }

            context = await RunPreparation.PrepareAsync(context with { Events = request.Events, Probe = request.Probe, Gate = request.Gate }, request, log, token);
            bool isCentralized = request.Options.Algorithm == Algorithm.Centralized;
            var networked = new NetworkedRun(request.Nodes);
            if (!isCentralized)
            {
                context = await networked.ChooseSplitAsync(context, log, token);
            }

            log.Started(Describe(context));
            if (!isCentralized)
            {
                request.Folder.WriteOffer(RunOffer.Of(context.Setup with { Terms = ConnectionManagerOptions.TermsOf(context.Options) }));
            }

            if (!context.Options.HasTestSet)
            {
                log.NoTestSet(context.Options.ValidationFraction > 0);
            }

            run = new TrainingRun(context, Template(request, context.Options, branches), request.Resumed, request.Folder, view, log);
            return await (isCentralized ? CentralizedRun.TrainAsync(run, token) : networked.TrainAsync(run, token));
        }
    }

    private static CheckpointManifest Template(RunRequest request, RunOptions options, IReadOnlyList<RunBranch>? branches)
    {
        SortedDictionary<string, string> resultOptions = ResultOptions.Of(options);
        return new CheckpointManifest
        {
            Format = CheckpointManifest.CurrentFormat,
            Product = ProductInfo.Version,
            Algorithm = options.Algorithm.ToString(),
            Progress = TrainingProgress.Start,
            Meters = RunMeters.Zero,
            Options = resultOptions,
            OptionsDigest = ResultOptions.Digest(resultOptions, branches),
            Branches = branches,
            Settings = Resumption.SettingsOf(request.Given, resultOptions),
            Computation = LibTorch.Loaded,
            Data = [],
            Files = [],
        };
    }

    private static string Describe(RunContext context) =>
        $"{context.Options.Algorithm}: {context.Setup.Model.Name} with {context.Setup.Model.ParameterCount:#,0} parameters, cut after"
        + $" {context.Setup.Model.Layers[context.Setup.Cut - 1].Name}, {(context.Options.HasTestSet ? context.Options.Dataset : "no test set")}, {context.Options.NumNodes} nodes,"
        + $" batch {context.Options.BatchSize}, {context.Options.Optimizer.Kind} lr {context.Options.Optimizer.EffectiveLearningRate},"
        + $" {context.Setup.ElementType} on {context.Device}";
}
