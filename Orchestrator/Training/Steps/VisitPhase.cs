using TraversalLearning.Orchestration.Connections;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>Asks a node for a part of its visit: one try, over one connection. What a lost one means is for the scheduler to say.</summary>
/// <param name="step">The step.</param>
/// <param name="visit">The visit's place in the plan.</param>
/// <param name="link">The connection.</param>
/// <param name="attempt">Which try.</param>
/// <param name="cancellationToken">Ends it.</param>
internal delegate Task VisitRequest(TraversalStep step, int visit, NodeLink link, int attempt, CancellationToken cancellationToken);

/// <summary>A part of every visit of a step.</summary>
/// <param name="AskAsync">What the node is asked.</param>
/// <param name="Rows">What it is sent of the central pass, and so waits for; <see langword="null"/> if it is sent none of it.</param>
internal sealed record VisitPhase(VisitRequest AskAsync, CentralRows? Rows = null);
