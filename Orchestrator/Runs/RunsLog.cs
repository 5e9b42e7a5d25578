using Microsoft.Extensions.Logging;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Runs;

internal static partial class RunsLog
{
    [LoggerMessage(1010, LogLevel.Information, "{what}")]
    public static partial void Started(this ILogger log, string what);

    [LoggerMessage(1011, LogLevel.Debug, "epoch {epoch}: {summary}")]
    public static partial void EpochCompleted(this ILogger log, int epoch, string summary);

    [LoggerMessage(1012, LogLevel.Debug, "{summary}")]
    public static partial void Finished(this ILogger log, string summary);

    [LoggerMessage(1018, LogLevel.Debug, "epoch {epoch}: {figures}")]
    public static partial void StepsMeasured(this ILogger log, int epoch, string figures);

    public static void Resumed(this ILogger log, string path, int epoch, int batch) => log.Resumed(path, StepId.InWords(epoch, batch));

    [LoggerMessage(1036, LogLevel.Warning, "{flag} was {was} and is {now} now: the result may differ from that of an undisturbed run in its last digits")]
    public static partial void RoundingMayDiffer(this ILogger log, string flag, string was, string now);

    [LoggerMessage(1037, LogLevel.Warning, "the checkpoint was written by version {was}, this is {now}: the result may differ in its last digits")]
    public static partial void ProductDiffers(this ILogger log, string was, string now);

    [LoggerMessage(1038, LogLevel.Information, "{hint}")]
    public static partial void GoOnWith(this ILogger log, string hint);

    [LoggerMessage(1039, LogLevel.Warning, "cannot write metrics.csv: {reason}; its rows are kept and tried again")]
    public static partial void MetricsNotWritten(this ILogger log, string reason);

    [LoggerMessage(1043, LogLevel.Information, "tables: {tables}")]
    public static partial void Prepared(this ILogger log, string tables);

    [LoggerMessage(1049, LogLevel.Warning, "a new branch of the run from step {step} on: {changes}; the result is that of neither alone")]
    public static partial void Branched(this ILogger log, int step, string changes);

    [LoggerMessage(1053, LogLevel.Warning, "the test set of '{dataset}' is not the one that the checkpoint was made with: figures of earlier epochs are of another")]
    public static partial void TestDataDiffers(this ILogger log, string dataset);

    public static void NoTestSet(this ILogger log, bool validates) => log.NoTestSet(
        validates ? "validation on the nodes tells how good the model is" : "with --algorithm tl, --validation_fraction has the nodes tell how good the model is");

    [LoggerMessage(1055, LogLevel.Debug, "{reason}")]
    public static partial void StoppedEarly(this ILogger log, string reason);

    [LoggerMessage(1056, LogLevel.Information, "starting from {path}: {taken}")]
    public static partial void StartedFrom(this ILogger log, string path, StateDictMatch taken);

    [LoggerMessage(1057, LogLevel.Warning, "{path} was trained with tables that have other {difference}: its weights stand for something else here")]
    public static partial void StartedFromOtherTables(this ILogger log, string path, string difference);

    public static void NodeSlow(this OrchestratorLog log, NodeSlow slow) => log.Crowd.NodeSlow(slow.NodeId, slow.ComputeMilliseconds, slow.MedianMilliseconds);

    [LoggerMessage(1035, LogLevel.Information, "going on from {path}: {batch}")]
    private static partial void Resumed(this ILogger log, string path, string batch);

    [LoggerMessage(1054, LogLevel.Information, "there is no test set, and no test figures: {figures}")]
    private static partial void NoTestSet(this ILogger log, string figures);

    [LoggerMessage(1070, LogLevel.Warning, "node {node} is slow: {milliseconds:0.0} ms where the median of the others is {median:0.0} ms")]
    private static partial void NodeSlow(this CrowdLogger log, int node, double milliseconds, double median);
}
