using TraversalLearning.Data;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using TraversalLearning.Nodes;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>Decides whether a node is admitted, as a pure function of its <see cref="Hello"/>.</summary>
internal static class AdmissionRules
{
    /// <summary>Checks a <see cref="Hello"/>.</summary>
    /// <param name="hello">The node's introduction.</param>
    /// <param name="options">The session's requirements.</param>
    /// <param name="known">The data of this node id when first admitted, if it was.</param>
    /// <param name="isHere">Whether a node of this id is connected.</param>
    /// <returns>The refusal; <see langword="null"/> if the node is admitted.</returns>
    public static Reject? Check(Hello hello, ConnectionManagerOptions options, NodeData? known, bool isHere)
    {
        if (hello.NodeId < 1 || hello.NodeId > options.NodeCount)
        {
            return Final(RejectCodes.NodeId, $"node id {hello.NodeId} is not from 1 to {options.NodeCount}; check --node_id and --num_nodes");
        }

        string? other = options.Setup is { Table: null } ? DataDescriptions.Problem(hello, options) : null;
        if ((Misfit(hello, options.Setup) ?? other ?? DealingProblem(hello, options.Dealing)) is { } misfit)
        {
            return Final(RejectCodes.Data, misfit);
        }

        if (hello.SampleCount > int.MaxValue)
        {
            return Final(RejectCodes.Data, $"{hello.SampleCount} samples are more than this version can index");
        }

        if (known is not null && known != new NodeData(hello.SampleCount, hello.Fingerprint))
        {
            return Final(
                RejectCodes.Data,
                isHere
                    ? $"another process is node {hello.NodeId} already, and has other data; give each its own --node_id"
                    : $"node {hello.NodeId} came back with other data than it had before; start it with the data of this run, or give each node its own --node_id");
        }

        return MissingAbility(hello, options) is { } missing ? Final(RejectCodes.Capability, missing) : null;
    }

    /// <summary>
    /// A capability that this session requires and the node lacks; <see langword="null"/> if it has all.
    /// </summary>
    private static string? MissingAbility(Hello hello, ConnectionManagerOptions options)
    {
        return options.Capability is { } needed && !hello.Can(needed)
            ? $"this run's --algorithm needs the ability '{needed}', which the node does not have; use a newer node"
            : options.Encoding.Compression.Mode != CompressionMode.None && !hello.Can(Hello.Lz4Capability)
            ? "the node cannot decode LZ4; run the orchestrator with --compression none"
            : options.Validates && !hello.Can(Hello.ValidationCapability)
            ? "the node cannot validate; run the orchestrator without --validation_fraction, or the node with this version of the program"
            : options.Setup is { Augmentation.IsNone: false } && !hello.Can(Hello.AugmentationCapability)
            ? "the node cannot change images; run the orchestrator without --augment, or the node with this version of the program"
            : options.Setup is { } setup && setup.Loss != LossFunction.Default && !hello.Can(Hello.LossCapability)
            ? "the node knows cross entropy only, without weights; run it with this version of the program"
            : null;
    }

    private static string? Misfit(Hello hello, TrainingSetup? setup)
    {
        bool isPrepared = hello.Can(Hello.TableCapability);
        if (isPrepared != (setup is null || setup.Preparation is not null))
        {
            return isPrepared
                ? "the node's samples are rows of a table, or images in folders, and this run's are not; give the orchestrator a test set of the kind as --dataset, or for tables --dataset none and --model tabular"
                : "this run is one of tables, or of images in folders, and the node's samples are neither; give the node a directory of the kind";
        }

        return setup is null ? null
            : setup.Table is var (columns, classes) ? TableMisfit(hello, columns, classes)
            : SampleMisfit(hello, setup.Model) ?? LabelMisfit(hello, setup);
    }

    private static string? TableMisfit(Hello hello, int columns, int classes) =>
        hello.SampleShape is not [var length] || length != columns
            ? $"the run has tables of {columns} columns, the node's has [{string.Join(", ", hello.SampleShape)}]"
        : hello.ClassCount > classes ? $"the run has {classes} classes, the node's table {hello.ClassCount}"
        : null;

    private static string? SampleMisfit(Hello hello, ModelDescription model) =>
        SampleFit.ShapeMisfit(model, hello.SampleShape)
        ?? (hello.SampleCount > 0 && SampleElementExtensions.Parse(hello.SampleType) is { } element ? SampleFit.ElementMisfit(model, element) : null);

    private static string? DealingProblem(Hello hello, Dealing? ours) =>
        ours is not null && hello.Dealt is var (how, _) && !string.Equals(how, ours.ToString(), StringComparison.Ordinal)
            ? $"node {hello.NodeId} deals its data set out by {how}, and the run by {ours}; give all parties the same"
            : null;

    /// <summary>Why the node's labels do not fit the loss; <see langword="null"/> if they do, or it has none.</summary>
    private static string? LabelMisfit(Hello hello, TrainingSetup setup) => (setup.Loss.ClassesOf(setup.Model), hello.ClassCount) switch
    {
        _ when hello.SampleCount == 0 => null,
        (null, > 0) => $"the loss {setup.Loss.Name} takes labels that are numbers, the node's are classes; save them as float32",
        (null, _) => null,
        (_, 0) => $"the loss {setup.Loss.Name} takes labels that are classes, the node's are numbers; save them as int32, or train with --loss mse",
        ({ } classes, var needed) => needed > classes ? $"the model has {classes} classes, the node's labels need {needed}" : null,
    };

    private static Reject Final(string code, string text) => new(code, text, Final: true);
}
