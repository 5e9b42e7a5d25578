namespace TraversalLearning.Security;

/// <summary>What one side needs for a TLS handshake.</summary>
/// <param name="Identity">Its own certificate; a node may have none.</param>
/// <param name="Authority">The authority that must have issued the other side's certificate; an orchestrator may ask for none.</param>
public sealed record TlsMaterial(TlsIdentity? Identity, TrustedAuthority? Authority);
