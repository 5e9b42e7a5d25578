namespace TraversalLearning.Orchestration.Options;

/// <summary>Criteria of early stopping, and the resulting model.</summary>
/// <param name="Patience">Number of consecutive epochs without a better loss, from 1, after which the run ends.</param>
/// <param name="MinDelta">Minimum decrease below the best loss that counts as better.</param>
/// <param name="RestoreBest">Whether the result is the model of the best epoch rather than the last.</param>
internal sealed record EarlyStopping(int Patience, double MinDelta, bool RestoreBest);
