using Microsoft.Extensions.Logging;

namespace TraversalLearning.NodeDaemon;

internal static partial class DaemonLog
{
    [LoggerMessage(2011, LogLevel.Information, "{count} samples of {shape} from {source}")]
    public static partial void SamplesRead(this ILogger log, int count, string shape, string source);

    [LoggerMessage(2031, LogLevel.Information, "the policy {file} has been read again")]
    public static partial void PolicyRead(this ILogger log, string file);

    [LoggerMessage(2032, LogLevel.Error, "the old policy stays in force: {problem}")]
    public static partial void PolicyKept(this ILogger log, string problem);

    [LoggerMessage(2015, LogLevel.Information, "computes with {libtorch}")]
    public static partial void Loaded(this ILogger log, string libtorch);
}
