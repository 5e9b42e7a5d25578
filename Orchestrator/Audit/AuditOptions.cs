using TraversalLearning.Nodes;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>What an audit does beside what its runs do.</summary>
/// <param name="Exchanges">The exchanges, each trained once.</param>
/// <param name="Steps">The audited steps, rising, from 0.</param>
/// <param name="Samples">Training samples of all nodes together; 0 for all there are.</param>
/// <param name="Visits">Epochs over which the activations of some samples are followed; 0 for none.</param>
internal sealed record AuditOptions(IReadOnlyList<Exchange> Exchanges, IReadOnlyList<int> Steps, int Samples, int Visits);
