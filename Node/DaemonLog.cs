using Microsoft.Extensions.Logging;

namespace TraversalLearning.NodeDaemon;

internal static partial class DaemonLog
{
    [LoggerMessage(2011, LogLevel.Information, "{count} samples of {shape} from {source}")]
    public static partial void SamplesRead(this ILogger log, int count, string shape, string source);

    [LoggerMessage(2065, LogLevel.Error, "reading anew failed, what was read before stays: {reason}")]
    public static partial void ReloadFailed(this ILogger log, string reason);

    [LoggerMessage(2015, LogLevel.Information, "computes with {libtorch}")]
    public static partial void Loaded(this ILogger log, string libtorch);
}
