namespace TraversalLearning.Orchestration.Events;

/// <summary>Identifies a round.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Index">From 0 within the epoch.</param>
internal readonly record struct Round(int Epoch, int Index);
