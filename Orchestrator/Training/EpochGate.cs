using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Training;

/// <summary>Asked after an epoch, whose model is evaluated, whether the run is to end there.</summary>
/// <param name="epoch">What came of it.</param>
/// <param name="cancellationToken">Of the run.</param>
/// <returns>What ends it, in a word; <see langword="null"/> if it goes on.</returns>
internal delegate Task<string?> EpochGate(EpochCompleted epoch, CancellationToken cancellationToken);
