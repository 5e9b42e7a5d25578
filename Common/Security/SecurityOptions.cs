using Microsoft.Extensions.Logging;

namespace TraversalLearning.Security;

/// <summary>How an orchestrator authenticates its nodes, and itself to them.</summary>
/// <param name="Tls">TLS; <see langword="null"/> if disabled.</param>
/// <param name="Token">The shared secret that both sides must prove to know; <see langword="null"/> if disabled.</param>
public sealed record OrchestratorSecurity(ServerTls? Tls, Token? Token)
{
    /// <summary>No TLS and no token: for the loopback interface or a trusted network.</summary>
    public static OrchestratorSecurity None { get; } = new(null, null);

    /// <summary>The CA's server, by which the certificate is renewed and the list of revoked ones kept current; <see langword="null"/> if files are carried.</summary>
    public NetworkAddress? Authority { get; init; }

    /// <inheritdoc cref="TlsSource.Refresh"/>
    public void Refresh(ILogger log) => Tls?.Source.Refresh(log);
}

/// <summary>How a node authenticates its orchestrator, and itself to it.</summary>
/// <param name="Tls">TLS; <see langword="null"/> if disabled.</param>
/// <param name="Token">The shared secret that both sides must prove to know; <see langword="null"/> if disabled.</param>
public sealed record NodeSecurity(ClientTls? Tls, Token? Token)
{
    /// <summary>No TLS and no token: for the loopback interface or a trusted network.</summary>
    public static NodeSecurity None { get; } = new(null, null);

    /// <summary>The CA's server, by which the certificate is renewed and the list of revoked ones kept current; <see langword="null"/> if files are carried.</summary>
    public NetworkAddress? Authority { get; init; }

    /// <inheritdoc cref="TlsSource.Refresh"/>
    public void Refresh(ILogger log) => Tls?.Source.Refresh(log);
}
