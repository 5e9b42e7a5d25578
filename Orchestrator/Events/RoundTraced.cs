namespace TraversalLearning.Orchestration.Events;

/// <summary>What happened within a round: which nodes worked, on how many rows and when. A few of them a second, and only where somebody looks on.</summary>
/// <param name="Round">Which.</param>
/// <param name="RoundsPerEpoch">Of how many.</param>
/// <param name="Works">What nodes did, in the order in which it was done.</param>
/// <param name="Untraced">How much more they did, where that was very much.</param>
/// <param name="Laps">What the step itself spent its time on, one behind the other.</param>
/// <param name="Budget">What a step of the epoch took in the mean, so far.</param>
internal sealed record RoundTraced(
    Round Round, int RoundsPerEpoch, IReadOnlyList<WorkTrace> Works, int Untraced, IReadOnlyList<LapTrace> Laps, StepBudget Budget)
    : RoundEvent(Round, RoundsPerEpoch);

/// <summary>A node's part in a round. Times are in milliseconds from the beginning of the round.</summary>
/// <param name="NodeId">Whose.</param>
/// <param name="Kind">What it did.</param>
/// <param name="Rows">On how many rows.</param>
/// <param name="Begun">When it was asked.</param>
/// <param name="Ended">When its reply was there.</param>
/// <param name="Compute">How long it says that it computed.</param>
internal readonly record struct WorkTrace(int NodeId, WorkKind Kind, long Rows, double Begun, double Ended, double Compute);

/// <summary>A part of a round's time. Times are in milliseconds from its beginning.</summary>
/// <param name="Part">What it was spent on.</param>
/// <param name="Begun">From when.</param>
/// <param name="Ended">To when.</param>
internal readonly record struct LapTrace(StepPart Part, double Begun, double Ended);
