namespace TraversalLearning.Orchestration.Training;

/// <summary>What early stopping has seen so far: part of a run's progress, so that a run that is resumed stops where it would have.</summary>
/// <param name="BestEpoch">The epoch with the best loss; 0 if there was none yet.</param>
/// <param name="BestLoss">That loss.</param>
/// <param name="BestEvaluation">On the test set, then.</param>
/// <param name="Waited">Epochs since without a better one.</param>
internal sealed record StoppingState(int BestEpoch, double BestLoss, Evaluation? BestEvaluation, int Waited)
{
    /// <summary>Before the first epoch.</summary>
    public static StoppingState Start { get; } = new(BestEpoch: 0, BestLoss: double.MaxValue, BestEvaluation: null, Waited: 0);

    /// <summary>After one more epoch. A loss that is no number is no better one.</summary>
    public StoppingState After(int epoch, double loss, Evaluation evaluation, EarlyStopping settings) => loss < BestLoss - settings.MinDelta
        ? new StoppingState(epoch, loss, evaluation, Waited: 0)
        : this with { Waited = Waited + 1 };

    /// <summary>Whether the run ends here.</summary>
    public bool IsOver(EarlyStopping settings) => Waited >= settings.Patience;
}
