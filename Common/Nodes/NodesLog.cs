using Microsoft.Extensions.Logging;
using TraversalLearning.Records;

namespace TraversalLearning.Nodes;

/// <summary>Log messages of nodes. With several nodes in a process, each node's logger prefixes its id.</summary>
public static partial class NodesLog
{
    /// <summary>A step on the way to a data set, such as a download.</summary>
    [LoggerMessage(2010, LogLevel.Information, "{note}")]
    public static partial void DatasetNote(this ILogger log, string note);

    [LoggerMessage(2028, LogLevel.Information, "kept back, as this node's rules on tables say: {what}")]
    internal static partial void KeepsBack(this ILogger log, string what);

    [LoggerMessage(2001, LogLevel.Information, "connecting to {endpoint}")]
    internal static partial void Connecting(this ILogger log, string endpoint);

    internal static void ConnectFailed(this ILogger log, string endpoint, string reason, TimeSpan retryIn) =>
        log.ConnectFailed(endpoint, reason, retryIn.TotalSeconds);

    internal static void Admitted(this ILogger log, string session, TrainingSetup setup) =>
        log.Admitted(session, setup.Model.Name, setup.Model.Layers[setup.Cut - 1].Name, setup.ElementType, setup.Exchange);

    internal static void AllAdmitted(this ILogger log, int count, string session, TrainingSetup setup) =>
        log.AllAdmitted(count, session, setup.Model.Name, setup.Model.Layers[setup.Cut - 1].Name, setup.ElementType, setup.Exchange);

    [LoggerMessage(2004, LogLevel.Warning, "the connection ended: {reason}")]
    internal static partial void Lost(this ILogger log, string reason);

    [LoggerMessage(2005, LogLevel.Warning, "not admitted now ({code}): {text}")]
    internal static partial void Rejected(this ILogger log, string code, string text);

    internal static void RecordEnds(this ILogger log, RecordHead head) => log.RecordEnds(head.Lines, head.File, head.Hash);

    [LoggerMessage(2051, LogLevel.Information, "the record of what left ends with line {lines}, in {file}: {hash}")]
    private static partial void RecordEnds(this ILogger log, long lines, string file, string hash);

    [LoggerMessage(2006, LogLevel.Information, "the orchestrator ends the session: {reason}")]
    internal static partial void ShutDown(this ILogger log, string reason);

    [LoggerMessage(2007, LogLevel.Error, "{task} failed")]
    internal static partial void TaskFailed(this ILogger log, Exception error, string task);

    [LoggerMessage(2023, LogLevel.Information, "{task}: {reason}")]
    internal static partial void TaskRefused(this ILogger log, string task, string reason);

    internal static void KeysAgreed(this ILogger log, string keyEpoch, bool signed)
    {
        if (signed)
        {
            log.SignedKeysAgreed(keyEpoch);
        }
        else
        {
            log.UnsignedKeysAgreed(keyEpoch);
        }
    }

    [LoggerMessage(2024, LogLevel.Information, "keys agreed, signed by the nodes' certificates (key epoch {keyEpoch})")]
    private static partial void SignedKeysAgreed(this ILogger log, string keyEpoch);

    [LoggerMessage(2025, LogLevel.Warning, "keys agreed without certificates: protects against a curious orchestrator only (key epoch {keyEpoch})")]
    private static partial void UnsignedKeysAgreed(this ILogger log, string keyEpoch);

    [LoggerMessage(2026, LogLevel.Information, "the model is that after {step}, restored from its sealed state")]
    internal static partial void StateRestored(this ILogger log, string step);

    [LoggerMessage(2027, LogLevel.Information, "the model is in {path} (params_sha256={sha256})")]
    internal static partial void ModelKept(this ILogger log, string path, string sha256);

    [LoggerMessage(
        2029,
        LogLevel.Warning,
        "the sum of {step} has few digits in {tensors}: gradients of nodes nearly cancel there, or the orchestrator asked for headroom that no node needs")]
    internal static partial void SumOfFewBits(this ILogger log, string step, string tensors);

    [LoggerMessage(2030, LogLevel.Warning, "this node's policy refuses ({code}): {reason}")]
    internal static partial void Refuses(this ILogger log, string code, string reason);

    internal static void TaskDone(this ILogger log, string task, TimeSpan elapsed) => log.TaskDone(task, elapsed.TotalMilliseconds);

    [LoggerMessage(2013, LogLevel.Information, "session {session} prepares a run: it is told what this node's table is like")]
    internal static partial void TableDescribed(this ILogger log, string session);

    internal static void ComesBack(this ILogger log, string endpoint, string reason, TimeSpan delay) => log.ComesBack(endpoint, reason, delay.TotalSeconds);

    internal static void Figures(this ILogger log, NodeFigures figures) =>
        log.Figures(figures.PeakMemoryBytes, figures.Visits, figures.VisitAllocatedBytes, figures.VisitProcessorMilliseconds);

    [LoggerMessage(2060, LogLevel.Information, "{hub}: waiting for a run ({reason})")]
    internal static partial void HubWaits(this ILogger log, string hub, string reason);

    [LoggerMessage(2061, LogLevel.Debug, "{hub}: still waiting for a run ({reason})")]
    internal static partial void HubStillWaits(this ILogger log, string hub, string reason);

    [LoggerMessage(2062, LogLevel.Information, "{hub}: admitted")]
    internal static partial void HubAdmits(this ILogger log, string hub);

    [LoggerMessage(2063, LogLevel.Warning, "{hub}: {reason}; tried again every few minutes")]
    internal static partial void HubRefused(this ILogger log, string hub, string reason);

    [LoggerMessage(2064, LogLevel.Information, "{count} orchestrators, read anew")]
    internal static partial void HubsRead(this ILogger log, int count);

    [LoggerMessage(2021, LogLevel.Warning, "ends: {reason}")]
    internal static partial void Ended(this ILogger log, string reason);

    [LoggerMessage(2022, LogLevel.Information, "all {count} nodes have ended, {failed} of them by an error")]
    internal static partial void AllEnded(this ILogger log, int count, int failed);

    [LoggerMessage(2002, LogLevel.Information, "cannot reach {endpoint}: {reason}; trying again in {seconds:0.0} s")]
    private static partial void ConnectFailed(this ILogger log, string endpoint, string reason, double seconds);

    [LoggerMessage(2003, LogLevel.Information, "admitted to session {session}: model {model}, cut after {layer}, {type}, {exchange}")]
    private static partial void Admitted(this ILogger log, string session, string model, string layer, Tensors.ElementType type, Exchange exchange);

    [LoggerMessage(2020, LogLevel.Information, "all {count} nodes are admitted to session {session}: model {model}, cut after {layer}, {type}, {exchange}")]
    private static partial void AllAdmitted(this ILogger log, int count, string session, string model, string layer, Tensors.ElementType type, Exchange exchange);

    [LoggerMessage(2008, LogLevel.Debug, "{task} took {milliseconds:0.00} ms")]
    private static partial void TaskDone(this ILogger log, string task, double milliseconds);

    [LoggerMessage(2014, LogLevel.Information, "the session before the run has ended ({reason}); connecting to {endpoint} again in {seconds:0.0} s")]
    private static partial void ComesBack(this ILogger log, string endpoint, string reason, double seconds);

    [LoggerMessage(2009, LogLevel.Information, "figures: peak_memory_bytes={peak} visits={visits} visit_allocated_bytes={allocated} visit_processor_ms={processor:0.000}")]
    private static partial void Figures(this ILogger log, long peak, long visits, long allocated, double processor);
}
