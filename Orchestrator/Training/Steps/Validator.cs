using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>Validates the model after an epoch.</summary>
/// <param name="epoch">From 1.</param>
/// <param name="cancellationToken">Cancels the operation.</param>
/// <returns><see langword="null"/> if no node was available.</returns>
internal delegate Task<Validation?> Validator(int epoch, CancellationToken cancellationToken);
