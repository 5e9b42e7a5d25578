using Microsoft.Extensions.Logging;

namespace TraversalLearning.Orchestration.Runs.Checkpoints;

internal static partial class CheckpointsLog
{
    [LoggerMessage(1030, LogLevel.Debug, "checkpoint of step {step}: {path}")]
    public static partial void CheckpointWritten(this ILogger log, int step, string path);

    public static void CheckpointFailed(this ILogger log, int step, string reason, int last) =>
        log.CheckpointFailed(step, reason, last == 0 ? "none" : $"that of step {last}");

    [LoggerMessage(1032, LogLevel.Warning, "an old checkpoint cannot be deleted: {reason}")]
    public static partial void CheckpointNotDeleted(this ILogger log, string reason);

    [LoggerMessage(1033, LogLevel.Warning, "a checkpoint is of no use: {reason}; looking at the one before")]
    public static partial void CheckpointDamaged(this ILogger log, string reason);

    [LoggerMessage(1034, LogLevel.Warning, "a checkpoint after the one that training goes on from is renamed: {path}")]
    public static partial void CheckpointSetAside(this ILogger log, string path);

    [LoggerMessage(1031, LogLevel.Warning, "the checkpoint of step {step} cannot be written: {reason}; training goes on, the last checkpoint is {last}")]
    private static partial void CheckpointFailed(this ILogger log, int step, string reason, string last);
}
