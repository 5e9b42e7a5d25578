using System.Net;
using Microsoft.Extensions.Logging;
using TraversalLearning.Orchestration.Connections;

namespace TraversalLearning.Orchestration.Authority;

internal static partial class AuthorityLog
{
    [LoggerMessage(1090, LogLevel.Information, "the CA listens on {endpoint}; its certificate has the SHA-256 {fingerprint}")]
    public static partial void Listening(this ILogger log, IPEndPoint endpoint, string fingerprint);

    [LoggerMessage(1091, LogLevel.Information, "issued '{name}' ({serial}) to {peer}; fingerprint of its key: {fingerprint}")]
    public static partial void Issued(this ILogger log, string name, string serial, string peer, string fingerprint);

    [LoggerMessage(1092, LogLevel.Warning, "did not sign for {peer}: {reason}")]
    public static partial void OrderRefused(this StrangerLogger log, string peer, string reason);

    [LoggerMessage(1093, LogLevel.Warning, "this machine is the orchestrator's too: with the CA's key, the orchestrator could pretend to be nodes, which --exchange blind is to prevent; run the CA on another machine")]
    public static partial void IsOrchestratorsMachine(this ILogger log);
}
