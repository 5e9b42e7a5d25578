using TraversalLearning.Data.Batches;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Audit.Attacks;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>What the tap recorded of a run, and what parties know from it.</summary>
/// <param name="Exchange">The exchange.</param>
/// <param name="Batches">The audited batches.</param>
/// <param name="Frames">The frames kept.</param>
/// <param name="Wire">TLS ciphertext.</param>
internal sealed record AuditedRun(Exchange Exchange, IReadOnlyList<VirtualBatch> Batches, IReadOnlyList<SeenFrame> Frames, byte[] Wire)
{
    /// <summary>The node that is a party.</summary>
    public const int Node = 1;

    /// <summary>Samples that were trained on, in the order of the first epoch.</summary>
    public required IReadOnlyList<SampleRow> Trained { get; init; }

    /// <summary>What all frames together show.</summary>
    public required KnownState OfFrames { get; init; }

    /// <summary>What the orchestrator knows: from frames, or because θ is its own.</summary>
    public required KnownState OfOrchestrator { get; init; }

    /// <summary>What node <see cref="Node"/> knows: from its frames, or because θ is its own.</summary>
    public required KnownState OfNode { get; init; }

    /// <summary>SHA-256 over all parameters at the end.</summary>
    public required string Hash { get; init; }
}
