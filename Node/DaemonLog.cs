using Microsoft.Extensions.Logging;
using TraversalLearning.Records;

namespace TraversalLearning.NodeDaemon;

internal static partial class DaemonLog
{
    [LoggerMessage(2011, LogLevel.Information, "{count} samples of {shape} from {source}")]
    public static partial void SamplesRead(this ILogger log, int count, string shape, string source);

    [LoggerMessage(2031, LogLevel.Information, "the policy {file} has been read again")]
    public static partial void PolicyRead(this ILogger log, string file);

    public static void RecordGoesOn(this ILogger log, RecordHead? head)
    {
        if (head is not null)
        {
            log.RecordGoesOn(head.Lines, head.File, head.Hash);
        }
        else
        {
            log.NoRecord();
        }
    }

    [LoggerMessage(2050, LogLevel.Information, "the record of what leaves goes on after line {lines}, in {file}: {hash}")]
    private static partial void RecordGoesOn(this ILogger log, long lines, string file, string hash);

    [LoggerMessage(2052, LogLevel.Information, "what leaves is not recorded: there is no --state_dir")]
    private static partial void NoRecord(this ILogger log);

    [LoggerMessage(2065, LogLevel.Error, "reading anew failed, what was read before stays: {reason}")]
    public static partial void ReloadFailed(this ILogger log, string reason);

    [LoggerMessage(2015, LogLevel.Information, "computes with {libtorch}")]
    public static partial void Loaded(this ILogger log, string libtorch);
}
