using Microsoft.Extensions.Logging;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>Log messages of studies: 1050 and 1060 to 1069 in the study's process, 1080 to 1089 in a worker.</summary>
internal static partial class StudiesLog
{
    [LoggerMessage(1050, LogLevel.Critical, "the run failed")]
    public static partial void ComparedRunFailed(this ILogger log, Exception e);

    [LoggerMessage(1060, LogLevel.Warning, "'{what}' of run {run} cannot be taken from worker {worker}: {reason}")]
    public static partial void ReportNotTaken(this ILogger log, string what, string run, string worker, string reason);

    [LoggerMessage(1061, LogLevel.Information, "worker {worker} joined from {peer}")]
    public static partial void WorkerJoined(this ILogger log, string worker, string peer);

    [LoggerMessage(1062, LogLevel.Information, "worker {worker} left: {reason}")]
    public static partial void WorkerLeft(this ILogger log, string worker, string reason);

    [LoggerMessage(1063, LogLevel.Warning, "refused worker {worker} from {peer}: {reason}")]
    public static partial void WorkerRefused(this ILogger log, string worker, string peer, string reason);

    [LoggerMessage(1064, LogLevel.Warning, "workers did not end within {seconds} s and are killed")]
    public static partial void WorkersKilled(this ILogger log, double seconds);

    [LoggerMessage(1065, LogLevel.Warning, "worker {worker} ended: {reason}")]
    public static partial void WorkerEnded(this ILogger log, string worker, string reason);

    [LoggerMessage(1066, LogLevel.Error, "worker {worker} has died {count} times in a row and is not started again")]
    public static partial void WorkerGivenUp(this ILogger log, string worker, int count);

    [LoggerMessage(1067, LogLevel.Information, "{run}: {what}")]
    public static partial void RunChanged(this ILogger log, string run, string what);

    [LoggerMessage(1080, LogLevel.Critical, "run {run} failed")]
    public static partial void RunFailed(this ILogger log, Exception e, string run);

    [LoggerMessage(1081, LogLevel.Information, "the study is over: {reason}")]
    public static partial void StudyOver(this ILogger log, string reason);

    [LoggerMessage(1082, LogLevel.Information, "no study at {endpoint} ({reason}); trying again in {seconds:0.0} s")]
    public static partial void NoStudy(this ILogger log, string endpoint, string reason, double seconds);

    [LoggerMessage(1083, LogLevel.Information, "joined the study at {endpoint} as {name}")]
    public static partial void StudyJoined(this ILogger log, string endpoint, string name);
}
