using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Audit.Attacks;
using TraversalLearning.Orchestration.Training.Planning;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>What the tap recorded of a run, and what parties know from it.</summary>
/// <param name="Exchange">The exchange.</param>
/// <param name="Batches">The audited batches.</param>
/// <param name="Frames">The frames kept.</param>
/// <param name="OfAll">θ and gradients as the orchestrator knows them.</param>
/// <param name="OfNode">θ and gradients as a node knows them; empty if nodes do not get all of θ.</param>
/// <param name="Wire">TLS ciphertext.</param>
/// <param name="Hash">SHA-256 over all parameters at the end.</param>
internal sealed record AuditedRun(
    Exchange Exchange, IReadOnlyList<VirtualBatch> Batches, IReadOnlyList<SeenFrame> Frames, ParameterTrack OfAll, ParameterTrack OfNode, byte[] Wire, string Hash)
{
    /// <summary>Samples that were trained on, in the order of the first epoch.</summary>
    public required IReadOnlyList<SampleRow> Trained { get; init; }

    /// <summary>The node that is a party.</summary>
    public const int Node = 1;
}
