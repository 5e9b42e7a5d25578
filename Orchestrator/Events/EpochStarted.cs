namespace TraversalLearning.Orchestration.Events;

/// <summary>The rounds of an epoch begin, or what is left of them.</summary>
/// <param name="Progress">Before the first of them.</param>
/// <param name="RoundsPerEpoch">Of how many.</param>
/// <param name="LearningRate">The epoch's.</param>
internal sealed record EpochStarted(TrainingProgress Progress, int RoundsPerEpoch, double LearningRate) : RunEvent;

/// <summary>The rounds of an epoch are over; its model is about to be evaluated.</summary>
/// <param name="Epoch">From 1.</param>
internal sealed record RoundsCompleted(int Epoch) : RunEvent;
