namespace TraversalLearning.Orchestration.Events;

/// <summary>
/// A trace of one round: which nodes worked, on how many rows and when. A few per second, and only while an observer
/// requests traces.
/// </summary>
/// <param name="Round">The round.</param>
/// <param name="RoundsPerEpoch">Number of rounds per epoch.</param>
/// <param name="Works">The nodes' work, in order of completion.</param>
/// <param name="Untraced">Number of further work items beyond the trace's limit.</param>
/// <param name="Laps">Consecutive laps of the step itself.</param>
/// <param name="Budget">Mean cost of a step in the epoch so far.</param>
internal sealed record RoundTraced(
    Round Round, int RoundsPerEpoch, IReadOnlyList<WorkTrace> Works, int Untraced, IReadOnlyList<LapTrace> Laps, StepBudget Budget)
    : RoundEvent(Round, RoundsPerEpoch);

/// <summary>A node's work in a round. Times are in milliseconds from the start of the round.</summary>
/// <param name="NodeId">The node's id.</param>
/// <param name="Kind">The kind of work.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Begun">Time of the request.</param>
/// <param name="Ended">Time of the reply.</param>
/// <param name="Compute">Compute time as reported by the node.</param>
internal readonly record struct WorkTrace(int NodeId, WorkKind Kind, long Rows, double Begun, double Ended, double Compute);

/// <summary>A lap of a round. Times are in milliseconds from the start of the round.</summary>
/// <param name="Part">The part that the time belongs to.</param>
/// <param name="Begun">Start.</param>
/// <param name="Ended">End.</param>
internal readonly record struct LapTrace(StepPart Part, double Begun, double Ended);
