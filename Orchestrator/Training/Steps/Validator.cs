using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>Validates the model behind an epoch.</summary>
/// <param name="epoch">From 1.</param>
/// <param name="cancellationToken">Ends it.</param>
/// <returns><see langword="null"/> where no node was there to do it.</returns>
internal delegate Task<Validation?> Validator(int epoch, CancellationToken cancellationToken);
