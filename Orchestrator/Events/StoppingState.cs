using System.Text.Json.Serialization;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Events;

/// <summary>What early stopping has seen so far: part of a run's progress, so that a run that is resumed stops where it would have.</summary>
/// <param name="BestEpoch">The epoch with the best loss; 0 if there was none yet.</param>
/// <param name="BestLoss">That loss.</param>
/// <param name="BestEvaluation">On the test set, then, if there is one.</param>
/// <param name="Waited">Epochs since without a better one.</param>
internal sealed record StoppingState(int BestEpoch, double BestLoss, Evaluation? BestEvaluation, int Waited)
{
    /// <summary>Before the first epoch.</summary>
    public static StoppingState Start { get; } = new(BestEpoch: 0, BestLoss: double.MaxValue, BestEvaluation: null, Waited: 0);

    /// <summary>On what nodes keep out, then, if they do.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Validation? BestValidation { get; init; }

    /// <summary>Epochs that were left out, their loss being NaN or infinite.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int NonFinite { get; init; }

    /// <summary>After one more epoch. One whose loss is NaN or infinite is left out: it is no better, and nobody has waited for a better one.</summary>
    public StoppingState After(int epoch, double loss, Evaluation? evaluation, Validation? validation, EarlyStopping settings) =>
        !double.IsFinite(loss) ? this with { NonFinite = NonFinite + 1 }
        : loss < BestLoss - settings.MinDelta ? new StoppingState(epoch, loss, evaluation, Waited: 0) { BestValidation = validation, NonFinite = NonFinite }
        : this with { Waited = Waited + 1 };

    /// <summary>Whether the run ends here.</summary>
    public bool IsOver(EarlyStopping settings) => Waited >= settings.Patience;
}
