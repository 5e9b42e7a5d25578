using System.Net;
using Microsoft.Extensions.Logging;
using TraversalLearning.Hosting;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Connections;

internal static partial class ConnectionsLog
{
    [LoggerMessage(1001, LogLevel.Information, "waiting for {count} nodes on {endpoint}")]
    public static partial void WaitingForNodes(this ILogger log, int count, IPEndPoint endpoint);

    public static void Secured(this ILogger log, ConnectionManagerOptions options)
    {
        string[] means =
        [
            .. options.Security.Tls is { } tls ? [tls.IsMutual ? "TLS with node certificates" : "TLS"] : Array.Empty<string>(),
            .. options.Security.Token is not null ? ["token"] : Array.Empty<string>(),
        ];
        if (means.Length > 0)
        {
            log.Secured(string.Join(" and ", means));
        }
        else if (!Exposure.IsLoopback(options.Host))
        {
            log.OpenToOthers(options.Host);
        }
    }

    public static void FewDescriptors(this ILogger log, int nodes) => log.FewDescriptorsLeft(FileDescriptors.Advice(nodes));

    [LoggerMessage(1002, LogLevel.Information, "node {node} joined from {peer} with {samples} samples")]
    public static partial void NodeJoined(this CrowdLogger log, int node, string peer, long samples);

    public static void AllJoined(this ILogger log, int count, TimeSpan since) => log.AllJoined(count, since.TotalSeconds);

    [LoggerMessage(EventId = 1003, Message = "node {node} left: {reason} ({dropped} replies dropped)")]
    public static partial void NodeLeft(this CrowdLogger log, LogLevel level, int node, string reason, long dropped);

    [LoggerMessage(1004, LogLevel.Warning, "refused node {node} from {peer}: {reason}")]
    public static partial void Refused(this StrangerLogger log, string peer, int node, string reason);

    [LoggerMessage(1100, LogLevel.Warning, "node {node} at {peer} does not take part: {reason}")]
    public static partial void Declined(this StrangerLogger log, string peer, int node, string reason);

    [LoggerMessage(1005, LogLevel.Warning, "no node at {peer}: {reason}")]
    public static partial void HandshakeFailed(this StrangerLogger log, string peer, string reason);

    [LoggerMessage(1006, LogLevel.Error, "the connection with {peer} failed unexpectedly")]
    public static partial void ConnectionBroke(this StrangerLogger log, Exception e, string peer);

    [LoggerMessage(1007, LogLevel.Warning, "cannot accept a connection now: {reason}")]
    public static partial void AcceptFailed(this StrangerLogger log, string reason);

    [LoggerMessage(1014, LogLevel.Warning, "{count} more connections without a node, not logged one by one")]
    public static partial void StrangersCounted(this ILogger log, long count);

    [LoggerMessage(1051, LogLevel.Warning, "an observer of the run failed: {reason}{more}; training goes on")]
    public static partial void ObserverFailed(this ILogger log, Exception e, string reason, string more);

    [LoggerMessage(1015, LogLevel.Information, "protected by {means}")]
    private static partial void Secured(this ILogger log, string means);

    [LoggerMessage(1058, LogLevel.Warning, "{host} is open to other machines, without TLS and token")]
    private static partial void OpenToOthers(this ILogger log, string host);

    [LoggerMessage(1016, LogLevel.Warning, "few file descriptors are left for nodes that connect; allow more, e.g. by: ulimit -n {limit}")]
    private static partial void FewDescriptorsLeft(this ILogger log, int limit);

    [LoggerMessage(1017, LogLevel.Information, "all {count} nodes have joined, {seconds:0.00} s after the first came")]
    private static partial void AllJoined(this ILogger log, int count, double seconds);
}
