using TraversalLearning.Data;
using TraversalLearning.Data.Batches;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Orchestration.Training.Sessions;
using TraversalLearning.Orchestration.Training.Steps;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>Centralized training in one process on pooled data, on the virtual batches of traversal learning.</summary>
internal static class CentralizedRun
{
    /// <summary>Trains the model.</summary>
    /// <exception cref="UserErrorException">The data is missing, or differs from that of the checkpoint.</exception>
    public static async Task<RunOutcome> TrainAsync(TrainingRun run, CancellationToken cancellationToken)
    {
        (SampleSet samples, int[][] partition) = run.Context.ReadPooledTrain();
        NodeData[] data = [new NodeData(samples.Count, samples.Fingerprint())];
        if (run.KnownData.Count > 0 && !run.KnownData.SequenceEqual(data))
        {
            throw new UserErrorException(ExitCode.Data, $"the training set of '{run.Context.Options.Dataset}' is not the one that the checkpoint was made with");
        }

        using var pooled = new PooledSamples(samples, partition, run.Context.Setup, run.Context.Device);
        using SampleTensors test = run.Context.ReadTest()!;
        RunOptions options = run.Context.Options;
        bool isTable = run.Context.Setup.Preparation is not null;
        if (!isTable && pooled.Tensors.Traits.Difference("the training set", test.Traits, "the test set", options.AllowAnyRange) is { } difference)
        {
            throw new UserErrorException(ExitCode.Data, difference);
        }

        run.Context.PointOut(run.Log, isTable ? [] : new[] { pooled.Tensors.Traits.Doubt("the training set"), test.Traits.Doubt("the test set") }.OfType<string>());

        using ModelManager model = run.Context.NewModel();
        model.Samples = isTable ? null : pooled.Tensors.Traits;
        HoldOut holdOut = run.Context.NewHoldOut(pooled.SampleCounts);
        BatchSizes.Require(options, [.. holdOut.Training.Select(t => t.Length)]);
        var planner = new VirtualBatchPlanner(holdOut.Training, options.BatchSize, options.Seed, options.LastBatch);
        Validator? validate = options.ValidationFraction > 0 ? PooledValidation.Of(model, pooled, holdOut, options.BatchSize) : null;
        var method = new GradientMethod(model, planner, new CentralizedGradient(model, pooled), options.AllowNonFinite);
        return await TrainingErrors.Training.GuardAsync(() => run.TrainAsync(new TrainingParts(model, method, data, test) { Holder = new ModelHolder(model, test, validate) }, cancellationToken));
    }
}
