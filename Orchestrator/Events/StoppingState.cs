using System.Text.Json.Serialization;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Events;

/// <summary>State of early stopping, kept in a run's progress so that a resumed run stops at the same point.</summary>
/// <param name="BestEpoch">The epoch with the best loss; 0 before the first.</param>
/// <param name="BestLoss">The loss of that epoch.</param>
/// <param name="BestEvaluation">Its evaluation on the test set, if there is one.</param>
/// <param name="Waited">Epochs since then without improvement.</param>
internal sealed record StoppingState(int BestEpoch, double BestLoss, Evaluation? BestEvaluation, int Waited)
{
    /// <summary>The state before the first epoch.</summary>
    public static StoppingState Start { get; } = new(BestEpoch: 0, BestLoss: double.MaxValue, BestEvaluation: null, Waited: 0);

    /// <summary>Validation of the best epoch on held-out samples, if there are any.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Validation? BestValidation { get; init; }

    /// <summary>Number of epochs ignored because their loss was NaN or infinite.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int NonFinite { get; init; }

    /// <summary>
    /// The state after one more epoch. An epoch with a NaN or infinite loss is ignored: it neither improves nor counts
    /// towards the patience.
    /// </summary>
    public StoppingState After(int epoch, double loss, Evaluation? evaluation, Validation? validation, EarlyStopping settings) =>
        !double.IsFinite(loss) ? this with { NonFinite = NonFinite + 1 }
        : loss < BestLoss - settings.MinDelta ? new StoppingState(epoch, loss, evaluation, Waited: 0) { BestValidation = validation, NonFinite = NonFinite }
        : this with { Waited = Waited + 1 };

    /// <summary>Whether the run ends here.</summary>
    public bool IsOver(EarlyStopping settings) => Waited >= settings.Patience;
}
