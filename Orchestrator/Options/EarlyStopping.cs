namespace TraversalLearning.Orchestration.Options;

/// <summary>When a run ends before its last epoch, and with which model.</summary>
/// <param name="Patience">Epochs in a row without a better loss after which it ends, from 1.</param>
/// <param name="MinDelta">By how much a loss must be below the best for it to be better.</param>
/// <param name="RestoreBest">Whether the model of the best epoch is the run's result, instead of that of the last one.</param>
internal sealed record EarlyStopping(int Patience, double MinDelta, bool RestoreBest);
