using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Authority;

/// <summary>Settings of a CA's server.</summary>
/// <param name="Host">Address to listen on.</param>
/// <param name="Port">Port; 0 for any free one.</param>
/// <param name="Hub">The orchestrator's address, which enrolled nodes are told.</param>
internal sealed record AuthorityServerOptions(string Host, int Port, NetworkAddress Hub)
{
    /// <summary>The secret of orchestrator and nodes, which enrolled ones are given; empty for none.</summary>
    public byte[] Token { get; init; } = [];

    /// <summary>Asks a person whether to sign; <see langword="null"/> if the token is enough.</summary>
    public Func<SigningOrder, CancellationToken, Task<bool>>? Confirm { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
