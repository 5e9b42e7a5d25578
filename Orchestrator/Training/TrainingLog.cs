using Microsoft.Extensions.Logging;
using TraversalLearning.Data.Batches;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;

namespace TraversalLearning.Orchestration.Training;

internal static partial class TrainingLog
{
    [LoggerMessage(1008, LogLevel.Warning, "node {node}: {reason}; waiting up to {seconds:0} s for it, then its part of the step is done again")]
    public static partial void TaskRepeated(this CrowdLogger log, int node, string reason, double seconds);

    [LoggerMessage(1009, LogLevel.Information, "node {node} does not hold {step} any more: forward pass sent again")]
    public static partial void ForwardRepeated(this CrowdLogger log, int node, StepId step);

    [LoggerMessage(1013, LogLevel.Information, "compression: {summary}")]
    public static partial void Compression(this ILogger log, string summary);

    [LoggerMessage(1019, LogLevel.Information, "{split}: {milliseconds:0.00} ms a step")]
    public static partial void SplitTried(this ILogger log, string split, double milliseconds);

    [LoggerMessage(1020, LogLevel.Information, "chosen as the fastest: {split}")]
    public static partial void SplitChosen(this ILogger log, string split);

    [LoggerMessage(1022, LogLevel.Information, "node {node} does not hold its model any more: sent with {step} again")]
    public static partial void ModelRepeated(this CrowdLogger log, int node, StepId step);

    [LoggerMessage(1023, LogLevel.Information, "epoch {epoch}: nodes are {distance:0.0000} from their mean, relative to its length")]
    public static partial void Consensus(this ILogger log, int epoch, double distance);

    [LoggerMessage(1040, LogLevel.Warning, "node {node} is left out from now on: {reason}; without its samples the result is not that of the undisturbed run any more")]
    public static partial void NodeSkipped(this CrowdLogger log, int node, string reason);

    [LoggerMessage(1041, LogLevel.Warning, "node {node} is back: its samples take part again")]
    public static partial void NodeTakenInAgain(this CrowdLogger log, int node);

    public static void BatchSkipped(this ILogger log, VirtualBatch batch) => log.BatchSkipped(StepId.InWords(batch.Epoch, batch.Index));

    [LoggerMessage(1044, LogLevel.Information, "node {node}: {metadata}")]
    public static partial void NodeDescribed(this CrowdLogger log, int node, string metadata);

    [LoggerMessage(1045, LogLevel.Warning, "{what}")]
    public static partial void DataDoubted(this ILogger log, string what);

    [LoggerMessage(1046, LogLevel.Warning, "{what}; training goes on")]
    public static partial void LossNotFinite(this ILogger log, string what);

    [LoggerMessage(1084, LogLevel.Debug, "{step} is done again: {verdict}")]
    public static partial void BlindStepRepeated(this ILogger log, StepId step, string verdict);

    public static void BlindNodesRestored(this ILogger log, int[] nodes) => log.BlindNodesRestored(string.Join(", ", nodes));

    public static void KeysAgreed(this ILogger log, string keyEpoch, bool signed)
    {
        if (signed)
        {
            log.SignedKeysAgreed(keyEpoch[..12]);
        }
        else
        {
            log.UnsignedKeysAgreed(keyEpoch[..12]);
        }
    }

    [LoggerMessage(1088, LogLevel.Warning, "{batch} is left out: {count} nodes have rows in it, and {least} must (--min_nodes_per_batch)")]
    public static partial void BatchOfTooFewNodes(this ILogger log, string batch, int count, int least);

    [LoggerMessage(1089, LogLevel.Warning, "batches with rows of 2 nodes are trained on (--min_nodes_per_batch 2): each of the two knows the other's gradient by subtraction")]
    public static partial void TwoNodesPerBatch(this ILogger log);

    [LoggerMessage(1085, LogLevel.Information, "node {nodes}: model and keys restored by the other nodes")]
    private static partial void BlindNodesRestored(this ILogger log, string nodes);

    [LoggerMessage(1086, LogLevel.Information, "the nodes have agreed on keys, signed by their certificates (key epoch {keyEpoch})")]
    private static partial void SignedKeysAgreed(this ILogger log, string keyEpoch);

    [LoggerMessage(1087, LogLevel.Warning, "the nodes have agreed on keys without certificates (key epoch {keyEpoch}): curious orchestrator only")]
    private static partial void UnsignedKeysAgreed(this ILogger log, string keyEpoch);

    [LoggerMessage(1042, LogLevel.Warning, "{batch} is skipped: none of its nodes is connected")]
    private static partial void BatchSkipped(this ILogger log, string batch);
}
