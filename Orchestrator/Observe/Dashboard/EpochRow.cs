using System.Text.Json.Nodes;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Observe.Dashboard;

/// <summary>What the page shows of an epoch.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Step">Rounds of the run at its end.</param>
/// <param name="TrainLoss">Mean over its rows.</param>
/// <param name="TestLoss">Behind it.</param>
/// <param name="TestAccuracy">Likewise, where there is one.</param>
internal sealed record EpochRow(int Epoch, int Step, double? TrainLoss, double? TestLoss, double? TestAccuracy)
{
    /// <summary>That of an event.</summary>
    public static EpochRow Of(EpochCompleted e) => new(e.Epoch, e.Steps, e.TrainLoss, e.TestLoss, e.TestAccuracy);

    /// <summary>For the page.</summary>
    public JsonObject ToJson() => new()
    {
        ["epoch"] = Epoch,
        ["step"] = Step,
        ["train_loss"] = Figures.Number(TrainLoss),
        ["test_loss"] = Figures.Number(TestLoss),
        ["test_accuracy"] = Figures.Number(TestAccuracy),
    };
}
