using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using NLog;
using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Checkpoints;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Methods;
using TraversalLearning.Orchestration.Planning;
using TraversalLearning.Orchestration.Reporting;
using TraversalLearning.Orchestration.Scheduling;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Cli;

/// <summary>Whole runs: with nodes by any method, and centralized training on the virtual batches of traversal learning.</summary>
internal static class TrainCommand
{
    /// <summary>Training over the network, by the method that the flags name.</summary>
    public static Task<int> NetworkedAsync(RunFlags flags, ParseResult arguments, CancellationToken cancellationToken) =>
        flags.ReadAlgorithm(arguments) == Algorithm.Centralized
            ? CentralizedAsync(flags, arguments, cancellationToken)
            : RunAsync(flags, flags.ReadNetworked, arguments, ChooseSplitAsync, TrainNetworkedAsync, cancellationToken);

    /// <summary>Centralized training.</summary>
    public static Task<int> CentralizedAsync(RunFlags flags, ParseResult arguments, CancellationToken cancellationToken) =>
        RunAsync(
            flags,
            given => flags.Read(given) with { Algorithm = Algorithm.Centralized },
            arguments,
            static (context, _, _) => Task.FromResult(context),
            TrainCentralizedAsync,
            cancellationToken);

    private static async Task<RunOutcome> TrainNetworkedAsync(TrainingRun run, CancellationToken cancellationToken)
    {
        await using var orchestrator = new Orchestrator(run.Context, run.Log, run.KnownData);
        using SampleTensors test = run.Context.ReadTest();
        return await WithNodesAsync(orchestrator, run.Context.Options, async () =>
        {
            ITrainingMethod? method = null;
            if (run.IsTrained)
            {
                await orchestrator.AwaitStragglersAsync(cancellationToken);
            }
            else
            {
                int[] sampleCounts = await orchestrator.SampleCountsAsync(cancellationToken);
                method = TrainingMethods.Of(run.Context.Options.Algorithm).Create(orchestrator, sampleCounts);
            }

            RunOutcome outcome = await run.TrainAsync(
                orchestrator.Model, method, orchestrator.Data, test, () => orchestrator.Traffic, cancellationToken);
            await orchestrator.FinishAsync("training is complete");
            return outcome;
        });
    }

    /// <summary>
    /// Tries what <c>auto</c> leaves open. Each trial is a session of its own, whose nodes come back for the next one when its connections
    /// end; the port stays.
    /// </summary>
    private static async Task<RunContext> ChooseSplitAsync(RunContext context, OrchestratorLog log, CancellationToken cancellationToken)
    {
        int port = context.Options.Port;
        IReadOnlyList<NodeData> data = [];
        RunContext chosen = await SplitTrials.ChooseAsync(
            context,
            async (candidate, hopeless) =>
            {
                bool first = data.Count == 0;
                await using var orchestrator = new Orchestrator(candidate.OnPort(port), log, data);
                port = orchestrator.Endpoint.Port;
                return await WithNodesAsync(orchestrator, candidate.Options, async () =>
                {
                    TimeSpan step = await SplitTrials.MeasureAsync(orchestrator, first, hopeless, cancellationToken);
                    data = orchestrator.Data;
                    return step;
                });
            },
            log);
        return chosen.OnPort(port);
    }

    /// <summary>Sends the nodes home where something ends the work with them, and says what to do.</summary>
    private static async Task<T> WithNodesAsync<T>(Orchestrator orchestrator, RunOptions options, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (NodeLostException e)
        {
            await orchestrator.FinishAsync("training ended early");
            string advice = options.OnNodeLoss == OnNodeLoss.Abort
                ? "start it again"
                : "start it again and give it more time with --connect_timeout or --reconnect_timeout";
            throw new UserErrorException(ExitCode.NodeLost, $"{e.Message}; {advice}", e);
        }
        catch (TaskFailedException e)
        {
            await orchestrator.FinishAsync("training ended early");
            throw new UserErrorException(ExitCode.TrainingFailed, e.Message, e);
        }
        catch (Exception e) when (e is UserErrorException or OperationCanceledException)
        {
            await orchestrator.FinishAsync(e is UserErrorException ? "training ended early" : "training was cancelled");
            throw;
        }
    }

    private static async Task<RunOutcome> TrainCentralizedAsync(TrainingRun run, CancellationToken cancellationToken)
    {
        (SampleSet samples, int[][] partition) = run.Context.ReadPooledTrain();
        NodeData[] data = [new NodeData(samples.Count, samples.Fingerprint())];
        if (run.KnownData.Count > 0 && !run.KnownData.SequenceEqual(data))
        {
            throw new UserErrorException(ExitCode.Data, $"the training set of '{run.Context.Options.Dataset}' is not the one that the checkpoint was made with");
        }

        using var pooled = new PooledSamples(samples, partition, run.Context.Setup, run.Context.Device);
        using SampleTensors test = run.Context.ReadTest();
        using ModelManager model = run.Context.NewModel();
        var planner = new VirtualBatchPlanner(pooled.SampleCounts, run.Context.Options.BatchSize, run.Context.Options.Seed);
        var method = new GradientMethod(model, planner, new CentralizedGradient(model, pooled), run.Context.Options.AllowNonFinite);
        return await run.TrainAsync(model, method, data, test, static () => (0, 0), cancellationToken);
    }

    private static async Task<int> RunAsync(
        RunFlags flags,
        Func<ParseResult, RunOptions> read,
        ParseResult arguments,
        Func<RunContext, OrchestratorLog, CancellationToken, Task<RunContext>> choose,
        Func<TrainingRun, CancellationToken, Task<RunOutcome>> train,
        CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        IProgressView view = Console.IsOutputRedirected ? new PlainProgressView(Console.Out) : new TerminalProgressView();
        ResumeTarget? target = flags.Resume.Get(arguments) is { } resume ? ResumeTarget.Resolve(resume, flags.Output.Get(arguments)) : null;
        RunOptions? given = target is null ? read(arguments) : null;
        using RunFolder folder = target is null ? RunFolder.Create(given!.Output) : RunFolder.Open(target.RunFolder);
        Logging.Configure(folder.LogPath, flags.Verbose.Get(arguments), view.WriteLine, LogLevel.Info);
        var log = new OrchestratorLog(LogManager.GetLogger("orchestrator"));
        Checkpoint? resumed = null;
        if (target is not null)
        {
            resumed = Resumption.Choose(target, log);
            arguments = Resumption.Complete(arguments, resumed.Manifest, folder);
        }

        RunOptions options = given ?? read(arguments);
        if (resumed is not null)
        {
            Resumption.Check(resumed.Manifest, options, arguments, folder, log);
        }
        else if (!options.SizedByData)
        {
            folder.WriteDescription(options.Model);
        }

        TrainingRun? run = null;
        RunOutcome outcome;
        try
        {
            outcome = await view.RunAsync(async () =>
            {
                RunContext context = await RunContext.CreateAsync(options, new Progress<string>(log.Started), cancellationToken);
                context = await RunPreparation.PrepareAsync(context, resumed, folder, log, cancellationToken);
                context = await choose(context.ChooseThreads(log.ThreadsChosen), log, cancellationToken);
                options = context.Options;
                log.Started(Describe(context));
                run = new TrainingRun(context, Template(flags, arguments, options), resumed, folder, view, log);
                return await train(run, cancellationToken);
            });
        }
        catch (UserErrorException e) when (run?.ResumeHint is { } hint)
        {
            throw new UserErrorException(e.ExitCode, $"{e.Message}; {hint}", e);
        }
        catch (Exception) when (run?.ResumeHint is { } hint)
        {
            log.GoOnWith(hint);
            throw;
        }

        folder.WriteSummary(RunSummary.Of(arguments, options, outcome, resumed, Stopwatch.GetElapsedTime(start)));
        string final = Final(options, outcome, RunSummary.LossOf(options, outcome) is not null);
        log.Finished(final);
        Console.WriteLine($"results: {folder.Path}");
        Console.WriteLine(final);
        return run!.CheckpointFailure is not { } failure
            ? (int)ExitCode.Success
            : throw new UserErrorException(ExitCode.TrainingFailed, $"the model is written, but the last checkpoint is not: {failure}");
    }

    private static CheckpointManifest Template(RunFlags flags, ParseResult arguments, RunOptions options)
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
            OptionsDigest = ResultOptions.Digest(resultOptions),
            Settings = Resumption.SettingsOf(flags, arguments, options, resultOptions),
            Data = [],
            Files = [],
        };
    }

    private static string Final(RunOptions options, RunOutcome outcome, bool lossy)
    {
        long skipped = outcome.Progress.TotalSkippedRows;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"final: accuracy={outcome.Evaluation.Accuracy:0.0000} loss={outcome.Evaluation.Loss:0.0000} epochs={options.Epochs} steps={outcome.Progress.Steps}"
            + $" params_sha256={outcome.Hash} seconds={outcome.Meters.Seconds:0.0} sent_mb={outcome.Meters.SentBytes / 1e6:0.0}"
            + $" received_mb={outcome.Meters.ReceivedBytes / 1e6:0.0}{(lossy ? $" lossy=1 skipped_rows={skipped}" : string.Empty)}");
    }

    private static string Describe(RunContext context) =>
        $"{context.Options.Algorithm}: {context.Setup.Model.Name} with {context.Setup.Model.ParameterCount:#,0} parameters, cut after"
        + $" {context.Setup.Model.Layers[context.Setup.Cut - 1].Name}, {context.Options.Dataset}, {context.Options.NumNodes} nodes,"
        + $" batch {context.Options.BatchSize}, {context.Options.Optimizer.Kind} lr {context.Options.Optimizer.EffectiveLearningRate},"
        + $" {context.Setup.ElementType} on {context.Device}";
}
