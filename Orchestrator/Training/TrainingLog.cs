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

    [LoggerMessage(1042, LogLevel.Warning, "{batch} is skipped: none of its nodes is connected")]
    private static partial void BatchSkipped(this ILogger log, string batch);
}
