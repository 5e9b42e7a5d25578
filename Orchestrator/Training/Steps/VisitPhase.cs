using TraversalLearning.Orchestration.Connections;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// Requests a part of a visit from a node: a single attempt over one connection. The scheduler handles lost
/// connections.
/// </summary>
/// <param name="step">The step.</param>
/// <param name="visit">Index of the visit in the plan.</param>
/// <param name="link">The connection.</param>
/// <param name="attempt">Attempt number.</param>
/// <param name="cancellationToken">Cancels the operation.</param>
internal delegate Task VisitRequest(TraversalStep step, int visit, NodeLink link, int attempt, CancellationToken cancellationToken);

/// <summary>One phase of every visit of a step.</summary>
/// <param name="AskAsync">Sends the request.</param>
/// <param name="Rows">The central pass's result that the node is sent and therefore waits for; <see langword="null"/>
/// if none.</param>
internal sealed record VisitPhase(VisitRequest AskAsync, CentralRows? Rows = null);
