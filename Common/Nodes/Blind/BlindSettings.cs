using TraversalLearning.Data;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Security;

namespace TraversalLearning.Nodes.Blind;

/// <summary>A node's own part in blind runs: who it is, what it keeps, and what it agrees to.</summary>
internal sealed record BlindSettings
{
    /// <summary>The node's certificates, which may change during a run; <see langword="null"/> if keys are agreed unsigned.</summary>
    public ClientTls? Tls { get; init; }

    /// <summary>The node's certificate; <see langword="null"/> if keys are agreed unsigned.</summary>
    public TlsIdentity? Identity => Tls?.Identity;

    /// <summary>The authority of all nodes' certificates.</summary>
    public TrustedAuthority? Authority => Tls?.Authority;

    /// <summary>The keys of its runs.</summary>
    public GroupKeys Keys { get; init; } = new(null);

    /// <summary>Where the model is written; <see langword="null"/> for nowhere.</summary>
    public string? StateFolder { get; init; }

    /// <summary>What the node agrees to.</summary>
    public PolicySource Policy { get; init; } = PolicySource.Default;

    /// <summary>Reads the node's test samples; <see langword="null"/> if it has none.</summary>
    public Func<SampleSet?> Test { get; init; } = static () => null;
}
