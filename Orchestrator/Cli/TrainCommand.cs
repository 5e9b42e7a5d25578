using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using NLog;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Planning;
using TraversalLearning.Orchestration.Reporting;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Cli;

/// <summary>Whole runs: traversal learning with nodes, and centralized training on the same virtual batches.</summary>
internal static class TrainCommand
{
    /// <summary>Traversal learning over the network.</summary>
    public static Task<int> TraversalAsync(RunFlags flags, ParseResult arguments, CancellationToken cancellationToken) =>
        RunAsync("tl", flags, arguments, TrainTraversalAsync, cancellationToken);

    /// <summary>Centralized training.</summary>
    public static Task<int> CentralizedAsync(RunFlags flags, ParseResult arguments, CancellationToken cancellationToken) =>
        RunAsync("centralized", flags, arguments, TrainCentralizedAsync, cancellationToken);

    private static async Task<Outcome> TrainTraversalAsync(Run run, CancellationToken cancellationToken)
    {
        await using var orchestrator = new Orchestrator(run.Context, run.Log);
        using SampleTensors test = run.Context.ReadTest();
        try
        {
            TrainingReporter? reporter = null;
            Evaluation evaluation = await orchestrator.TrainAsync(
                test, _ => reporter = run.NewReporter(() => orchestrator.Traffic), cancellationToken);
            await orchestrator.FinishAsync("training is complete");
            return Complete(run, orchestrator.Model, evaluation, reporter!, orchestrator.Traffic);
        }
        catch (Connections.NodeLostException e)
        {
            await orchestrator.FinishAsync("training ended early");
            throw new UserErrorException(
                ExitCode.NodeLost, $"{e.Message}; start it again and give it more time with --connect_timeout or --reconnect_timeout", e);
        }
        catch (Connections.TaskFailedException e)
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

    private static async Task<Outcome> TrainCentralizedAsync(Run run, CancellationToken cancellationToken)
    {
        (Data.ImageSet images, int[][] partition) = run.Context.ReadPooledTrain();
        using var samples = new PooledSamples(images, partition, run.Context.Setup, run.Context.Device);
        using SampleTensors test = run.Context.ReadTest();
        using ModelManager model = run.Context.NewModel();
        var planner = new VirtualBatchPlanner(samples.SampleCounts, run.Context.Options.BatchSize, run.Context.Options.Seed);
        TrainingReporter reporter = run.NewReporter(static () => (0, 0));
        var loop = new TrainingLoop(model, new CentralizedGradient(model, samples), planner, test, reporter);
        Evaluation evaluation = await loop.RunAsync(run.Context.Options.Epochs, cancellationToken);
        return Complete(run, model, evaluation, reporter, (0, 0));
    }

    private static Outcome Complete(Run run, ModelManager model, Evaluation evaluation, TrainingReporter reporter, (long Sent, long Received) traffic)
    {
        run.Folder.WriteModel(model.Parameters, run.Context.Setup.Model);
        return new Outcome(evaluation, reporter.Steps, model.Parameters.Sha256(), reporter.Elapsed, traffic.Sent, traffic.Received);
    }

    private static async Task<int> RunAsync(
        string algorithm, RunFlags flags, ParseResult arguments, Func<Run, CancellationToken, Task<Outcome>> train, CancellationToken cancellationToken)
    {
        RunOptions options = flags.Read(arguments);
        IProgressView view = Console.IsOutputRedirected ? new PlainProgressView(Console.Out) : new TerminalProgressView();
        RunFolder folder = RunFolder.Create(options.Output);
        Logging.Configure(folder.LogPath, options.Verbose, view.WriteLine, LogLevel.Info);
        var log = new OrchestratorLog(LogManager.GetLogger("orchestrator"));
        long start = Stopwatch.GetTimestamp();
        Outcome outcome = await view.RunAsync(async () =>
        {
            RunContext context = await RunContext.CreateAsync(options, new Progress<string>(log.Started), cancellationToken);
            log.Started(Describe(algorithm, context));
            using var metrics = new MetricsFile(folder.MetricsPath);
            return await train(new Run(context, folder, view, metrics, log), cancellationToken);
        });
        folder.WriteSummary(Summary(algorithm, arguments, options, outcome, Stopwatch.GetElapsedTime(start)));
        string final = string.Create(
            CultureInfo.InvariantCulture,
            $"final: accuracy={outcome.Evaluation.Accuracy:0.0000} loss={outcome.Evaluation.Loss:0.0000} epochs={options.Epochs} steps={outcome.Steps}"
            + $" params_sha256={outcome.Hash} seconds={outcome.Elapsed.TotalSeconds:0.0} sent_mb={outcome.Sent / 1e6:0.0} received_mb={outcome.Received / 1e6:0.0}");
        log.Finished(final);
        Console.WriteLine($"results: {folder.Path}");
        Console.WriteLine(final);
        return (int)ExitCode.Success;
    }

    private static string Describe(string algorithm, RunContext context) =>
        $"{algorithm}: {context.Setup.Model.Name} with {context.Setup.Model.ParameterCount:#,0} parameters, cut after"
        + $" {context.Setup.Model.Layers[context.Setup.Cut - 1].Name}, {context.Options.Dataset}, {context.Options.NumNodes} nodes,"
        + $" batch {context.Options.BatchSize}, {context.Options.Optimizer.Kind} lr {context.Options.Optimizer.EffectiveLearningRate},"
        + $" {context.Setup.ElementType} on {context.Device}";

    private static JsonObject Summary(string algorithm, ParseResult arguments, RunOptions options, Outcome outcome, TimeSpan total) => new()
    {
        ["algorithm"] = algorithm,
        ["arguments"] = new JsonArray([.. arguments.Tokens.Select(t => (JsonNode)t.Value)]),
        ["options"] = new JsonObject
        {
            ["num_nodes"] = options.NumNodes,
            ["epochs"] = options.Epochs,
            ["batch_size"] = options.BatchSize,
            ["seed"] = options.Seed,
            ["model"] = JsonNode.Parse(options.Model.ToJson()),
            ["cut"] = options.Model.Layers[options.Cut - 1].Name,
            ["dtype"] = options.ElementType.ToString().ToLowerInvariant(),
            ["optimizer"] = options.Optimizer.Kind.ToString().ToLowerInvariant(),
            ["lr"] = options.Optimizer.EffectiveLearningRate,
            ["gamma"] = options.Optimizer.Gamma,
            ["momentum"] = options.Optimizer.Momentum,
            ["nesterov"] = options.Optimizer.Nesterov,
            ["weight_decay"] = options.Optimizer.WeightDecay,
            ["dataset"] = options.Dataset,
            ["partition"] = Data.Partitioner.NameOf(options.Partition),
            ["exchange"] = options.Exchange == Nodes.Exchange.OnePhase ? "one_phase" : "two_phase",
            ["traversal"] = options.Traversal.ToString().ToLowerInvariant(),
            ["compression"] = options.Compression.ToString().ToLowerInvariant(),
            ["device"] = options.Device,
            ["threads"] = options.Threads,
        },
        ["versions"] = new JsonObject
        {
            ["product"] = ProductInfo.Version,
            ["runtime"] = System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription,
            ["torch"] = typeof(TorchSharp.torch).Assembly.GetName() is var torch ? $"{torch.Name} {torch.Version}" : null,
        },
        ["result"] = new JsonObject
        {
            ["accuracy"] = outcome.Evaluation.Accuracy,
            ["loss"] = outcome.Evaluation.Loss,
            ["steps"] = outcome.Steps,
            ["params_sha256"] = outcome.Hash,
            ["seconds"] = outcome.Elapsed.TotalSeconds,
            ["total_seconds"] = total.TotalSeconds,
            ["sent_bytes"] = outcome.Sent,
            ["received_bytes"] = outcome.Received,
        },
    };

    private sealed record Run(RunContext Context, RunFolder Folder, IProgressView View, MetricsFile Metrics, OrchestratorLog Log)
    {
        public TrainingReporter NewReporter(Func<(long Sent, long Received)> traffic) =>
            new(View, Metrics, Log, Context.Options.Epochs, Context.Options.LogSteps, traffic);
    }

    private sealed record Outcome(Evaluation Evaluation, int Steps, string Hash, TimeSpan Elapsed, long Sent, long Received);
}
