using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Training;

/// <summary>Decides after an epoch's evaluation whether the run stops there.</summary>
/// <param name="epoch">The completed epoch.</param>
/// <param name="cancellationToken">Cancels the run.</param>
/// <returns>A one-word reason to stop; <see langword="null"/> to continue.</returns>
internal delegate Task<string?> EpochGate(EpochCompleted epoch, CancellationToken cancellationToken);
