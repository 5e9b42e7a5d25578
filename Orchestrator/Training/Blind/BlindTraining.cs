using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TraversalLearning.Data.Batches;
using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Orchestration.Training.Sessions;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Blind;

/// <summary>Builds the blind exchange of a run.</summary>
internal static class BlindTraining
{
    private const int RunIdBytes = 16;

    /// <summary>Builds the method.</summary>
    /// <param name="parts">The run's parts.</param>
    /// <param name="sampleCounts">Sample counts of nodes 1, 2, ….</param>
    public static BlindMethod Create(MethodParts parts, IReadOnlyList<int> sampleCounts)
    {
        (RunOptions options, TrainingSetup setup) = (parts.Options, parts.Model.Setup);
        if (options.MinNodesPerBatch == 2)
        {
            parts.Log.TwoNodesPerBatch();
        }

        SumFormat format = new SumFormat(
            setup.ElementType, options.SumBits == 0 ? SumFormat.DefaultBits(setup.ElementType, sampleCounts.Count) : options.SumBits, sampleCounts.Count).Validated();
        var holdOut = HoldOut.Of(sampleCounts, options.ValidationFraction, options.Seed);
        string run = parts.ResumedFrom is { } folder
            ? SealedModel.Read(Path.Combine(folder, SealedModel.FileName)).Run
            : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RunIdBytes));
        var terms = new BlindTerms
        {
            Run = run,
            Seed = options.Seed,
            BatchSize = options.BatchSize,
            LastBatch = options.LastBatch,
            ValidationFraction = options.ValidationFraction,
            Optimizer = options.Optimizer,
            SumBits = format.Bits,
            MinNodesPerBatch = options.MinNodesPerBatch,
            MaskNeighbours = options.MaskNeighbours > 0 || sampleCounts.Count < RunOptions.AllMaskedBelow ? options.MaskNeighbours : RunOptions.DefaultMaskNeighbours,
            Skips = options.OnNodeLoss == OnNodeLoss.Skip,
            Samples = parts.Model.Samples,
        };
        var nodes = new BlindNodes(
            parts.Tasks, sampleCounts.Count, parts.SchedulerOptions, parts.SchedulerOptions.NodesAtOnce(setup), new BlindStart(terms.ToJson()), StartTensors(parts, sampleCounts));
        var clock = new StepClock();
        var group = new BlindGroup(nodes, run, format, parts.Model.Parameters.Layout, options.AgreeEvery, clock, parts.Log) { MinNodes = options.MinNodesPerBatch };
        var holder = new BlindHolder(
            group,
            parts.Model,
            options,
            async token => [.. (await nodes.ReadyAsync(nodes.Present, token)).Select(r => r.TestRows)],
            [.. holdOut.Validation.Select(v => v.Length)]);
        return new BlindMethod(group, RunBatches.Of(options, holdOut.Training), options.MinNodesPerBatch, parts.NewAttendance(), holder, clock, parts.Log);
    }

    private static EncodedTensor[] StartTensors(MethodParts parts, IReadOnlyList<int> sampleCounts)
    {
        return
        [
            parts.Own(EncodedTensor.Encode(
                TensorNames.Counts, ElementType.Int32, [sampleCounts.Count], MemoryMarshal.AsBytes<int>([.. sampleCounts]).ToArray(), TensorEncodingOptions.Raw)),
            parts.Own(parts.Model.EncodeParameters(TensorEncodingOptions.Raw)),
        ];
    }
}
