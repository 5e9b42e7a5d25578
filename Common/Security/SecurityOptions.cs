namespace TraversalLearning.Security;

/// <summary>How an orchestrator and its nodes know each other.</summary>
/// <param name="Tls">TLS, if it is on.</param>
/// <param name="Token">The shared secret that every node must prove to know, and that is proven to it.</param>
public sealed record OrchestratorSecurity(ServerTls? Tls, Token? Token)
{
    /// <summary>Neither: for the loopback interface, or a network that is trusted.</summary>
    public static OrchestratorSecurity None { get; } = new(null, null);
}

/// <summary>How a node knows its orchestrator, and makes itself known.</summary>
/// <param name="Tls">TLS, if it is on.</param>
/// <param name="Token">The shared secret that the orchestrator must prove to know, and that is proven to it.</param>
public sealed record NodeSecurity(ClientTls? Tls, Token? Token)
{
    /// <summary>Neither: for the loopback interface, or a network that is trusted.</summary>
    public static NodeSecurity None { get; } = new(null, null);
}
