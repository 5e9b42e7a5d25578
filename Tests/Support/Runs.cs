using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TraversalLearning.Data;
using TraversalLearning.Data.Batches;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Runs.Checkpoints;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Blind;
using TraversalLearning.Orchestration.Training.Methods;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Sessions;
using TraversalLearning.Orchestration.Training.Steps;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Support;

/// <summary>Whole runs with a run folder in this process, which can be made to end after any number of steps.</summary>
internal static class Runs
{
    /// <summary>Trains centrally.</summary>
    /// <param name="options">Data, model and so on.</param>
    /// <param name="folder">The run folder; a run in it is resumed.</param>
    /// <param name="epochs">Passes over the data.</param>
    /// <param name="every">Steps between two checkpoints.</param>
    /// <param name="stopAfter">After how many steps from here it is cancelled.</param>
    /// <param name="keep">How many checkpoints there are at most.</param>
    /// <param name="log">Where its events go.</param>
    /// <param name="around">Stands between the run and its validation.</param>
    public static async Task<RunOutcome> CentralAsync(
        ClusterOptions options,
        string folder,
        int epochs,
        int every = 0,
        int stopAfter = int.MaxValue,
        int keep = 3,
        ILogger? log = null,
        Func<Validator, Validator>? around = null)
    {
        RunContext context = Context(options, epochs, every, keep);
        using var samples = new PooledSamples(options.EffectiveImages, options.EffectivePartition, context.Setup, context.Device);
        using ModelManager model = context.NewModel();
        HoldOut holdOut = context.NewHoldOut(samples.SampleCounts);
        var planner = new VirtualBatchPlanner(holdOut.Training, options.BatchSize, options.Seed);
        Validator? validate = options.ValidationFraction > 0 ? PooledValidation.Of(model, samples, holdOut, options.BatchSize) : null;
        using RunFolder runFolder = RunFolder.Open(folder);
        TrainingRun run = NewRun(context, runFolder, log);
        using SampleTensors test = TestSamples(context);
        var method = new GradientMethod(model, planner, new CentralizedGradient(model, samples), allowNonFinite: false);
        var parts = new TrainingParts(model, new StoppingMethod(method, stopAfter), [], test) { Holder = new ModelHolder(model, test, validate is not null && around is not null ? around(validate) : validate) };
        return await run.TrainAsync(parts, CancellationToken.None);
    }

    /// <summary>The same over the network by the method that the options name, with nodes of this run's own.</summary>
    public static async Task<RunOutcome> NetworkedAsync(ClusterOptions options, string folder, int epochs, int every = 0, int stopAfter = int.MaxValue)
    {
        RunContext context = Context(options, epochs, every, keep: 3);
        await using var cluster = new TestCluster(options, new CheckpointStore(folder).FindNewest(int.MaxValue, _ => { })?.Path, Path.Combine(folder, "nodes"));
        cluster.StartAllNodes();
        int[] counts = await cluster.Session.SampleCountsAsync(cluster.Deadline);
        ITrainingMethod method = TrainingMethods.Of(context.Options.Algorithm).Create(cluster.Session.Parts, counts);
        using RunFolder runFolder = RunFolder.Open(folder);
        TrainingRun run = NewRun(context, runFolder, log: null);
        using SampleTensors test = TestSamples(context);
        var parts = new TrainingParts(cluster.Session.Model, new StoppingMethod(method, stopAfter), cluster.Session.Data, test)
        {
            Traffic = () => cluster.Session.Traffic,
            Holder = (method as BlindMethod)?.Holder ?? new ModelHolder(cluster.Session.Model, test, cluster.Session.NewValidator(counts)),
        };
        RunOutcome outcome = await run.TrainAsync(parts, cluster.Deadline);
        await cluster.Session.FinishAsync("the test is over");
        return outcome;
    }

    /// <summary>A manifest of some progress.</summary>
    public static CheckpointManifest Manifest(ClusterOptions? options = null, TrainingProgress? progress = null)
    {
        SortedDictionary<string, string> result = ResultOptions.Of((options ?? new ClusterOptions()).NewContext().Options);
        return new CheckpointManifest
        {
            Format = CheckpointManifest.CurrentFormat,
            Product = "1.2.3",
            Algorithm = "centralized",
            Progress = progress ?? TrainingProgress.Start,
            Meters = RunMeters.Zero,
            Options = result,
            OptionsDigest = ResultOptions.Digest(result),
            Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["--epochs"] = "3" },
            Data = [],
            Files = [],
        };
    }

    private static RunContext Context(ClusterOptions options, int epochs, int every, int keep)
    {
        RunContext context = options.NewContext();
        return context with { Options = context.Options with { Epochs = epochs, CheckpointEvery = every, KeepCheckpoints = keep } };
    }

    private static TrainingRun NewRun(RunContext context, RunFolder folder, ILogger? log)
    {
        var orchestratorLog = new OrchestratorLog(log ?? NullLogger.Instance);
        Checkpoint? resumed = new CheckpointStore(folder.Path).FindNewest(int.MaxValue, e => orchestratorLog.CheckpointDamaged(e.Message));
        return new TrainingRun(context, Manifest(), resumed, folder, new NoView(), orchestratorLog);
    }

    private static SampleTensors TestSamples(RunContext context)
    {
        SampleSet images = Synthetic.Images(30, seed: 8);
        return new SampleTensors(images, context.Setup.Model.InputShape, context.Setup.Normalisation, context.Setup.ElementType.ToScalarType(), context.Device);
    }

    private sealed class StoppingMethod(ITrainingMethod method, int stopAfter) : ITrainingMethod
    {
        private int _rounds;

        public int RoundsPerEpoch => method.RoundsPerEpoch;

        public StepClock Clock => method.Clock;

        public IReadOnlyList<(string Name, Tensor Tensor)> State => method.State;

        public Task<RoundOutcome> RunAsync(Round round, CancellationToken cancellationToken) =>
            _rounds++ == stopAfter ? throw new OperationCanceledException() : method.RunAsync(round, cancellationToken);
    }

    private sealed class NoView : IProgressView
    {
        public TimeSpan Interval => TimeSpan.FromDays(1);

        public Task<T> RunAsync<T>(Func<Task<T>> work) => work();

        public void Update(in ProgressSnapshot snapshot)
        {
            // Nobody looks.
        }

        public void WriteLine(string line)
        {
            // Nobody reads.
        }
    }
}
