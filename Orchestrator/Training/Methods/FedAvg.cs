using TraversalLearning.Data;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Local;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Orchestration.Training.Sessions;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Methods;

/// <summary>
/// Federated averaging (McMahan et al. 2017): the selected nodes train θ on their own samples, and θ becomes the mean
/// of their results. With <paramref name="mu"/> above 0 it is FedProx (Li et al. 2020), which penalises distance from
/// θ. An epoch is one round.
/// </summary>
/// <param name="options">The run's options.</param>
/// <param name="model">θ.</param>
/// <param name="rounds">Runs local training on nodes.</param>
/// <param name="encoding">Encoding of outgoing θ.</param>
/// <param name="events">Receives aggregation events.</param>
/// <param name="selector">Selects the nodes of a round.</param>
/// <param name="aggregator">Combines the nodes' models.</param>
/// <param name="mu">μ of FedProx.</param>
internal sealed class FedAvg(
    RunOptions options,
    ModelManager model,
    LocalRounds rounds,
    TensorEncodingOptions encoding,
    RunEvents events,
    NodeSelector selector,
    ModelAggregator aggregator,
    double mu) : ITrainingMethod
{
    /// <summary><c>fedavg</c>.</summary>
    public static MethodKind Kind { get; } = new("fedavg", "federated averaging: nodes train on their own, and their models are averaged", Create)
    {
        Adapt = WholeModel.OnNodes,
        Capability = Hello.LocalCapability,
        IsFederated = true,
        Averages = true,
    };

    /// <summary><c>fedprox:μ</c>.</summary>
    public static MethodKind Proximal { get; } = Kind with
    {
        Name = "fedprox",
        Help = "fedavg with μ/2 · ‖θ_i − θ‖² in every node's loss",
        Parameter = new NumberParameter("μ", 0, 1000, IsWhole: false, 0.01),
    };

    /// <inheritdoc/>
    public int RoundsPerEpoch => 1;

    /// <inheritdoc/>
    public StepClock Clock { get; } = new();

    /// <inheritdoc/>
    public async Task<RoundOutcome> RunAsync(Round round, CancellationToken cancellationToken)
    {
        IReadOnlyList<int> selected = selector.Select(round);
        LocalTraining request = LocalRequests.Of(options, model.LearningRate, round, mu);

        // 1. The selected nodes receive θ and train it on their own samples.
        using var sent = new EncodedModel(model, encoding);
        IReadOnlyList<LocalUpdate> updates = await rounds.TrainAsync(request, selected, sent.Tensors, Clock, cancellationToken);

        // 2. The aggregate of their models becomes θ.
        aggregator.Aggregate(model, updates);
        events.Publish(new AggregationCompleted(round, RoundsPerEpoch, [.. updates.Select(u => u.NodeId)], updates.Sum(u => u.Rows)));
        Clock.Lap(StepPart.OrchestratorCompute);
        long planned = selected.Sum(node => request.RowsOf(selector.SamplesOf(node)));
        RoundOutcome outcome = LocalUpdate.OutcomeOf(updates, planned, selected.Count);
        foreach (LocalUpdate update in updates)
        {
            update.Dispose();
        }

        return outcome;
    }

    private static FedAvg Create(MethodParts parts, IReadOnlyList<int> sampleCounts)
    {
        RunOptions options = parts.Options;
        BatchSizes.Require(options, sampleCounts);
        return new FedAvg(
            options,
            parts.Model,
            parts.LocalRounds,
            parts.Encoding,
            parts.Events,
            NodeSelector.Create(options, sampleCounts),
            ModelAggregator.Create(options.Federation!.Aggregator!),
            options.Algorithm.Parameter ?? 0);
    }
}
