namespace TraversalLearning.Orchestration.Events;

/// <summary>The rounds of an epoch start or, after a resume, continue.</summary>
/// <param name="Progress">Progress before the first round.</param>
/// <param name="RoundsPerEpoch">Number of rounds per epoch.</param>
/// <param name="LearningRate">The epoch's learning rate.</param>
internal sealed record EpochStarted(TrainingProgress Progress, int RoundsPerEpoch, double LearningRate) : RunEvent;

/// <summary>The rounds of an epoch are complete; its model is about to be evaluated.</summary>
/// <param name="Epoch">From 1.</param>
internal sealed record RoundsCompleted(int Epoch) : RunEvent;
