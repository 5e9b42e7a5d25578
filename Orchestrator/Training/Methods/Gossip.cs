using TorchSharp;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Options.Topologies;
using TraversalLearning.Orchestration.Training.Local;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Orchestration.Training.Sessions;
using TraversalLearning.Tensors;
using TraversalLearning.Wire;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Methods;

/// <summary>
/// Decentralized SGD by gossip (Lian et al. 2017; Koloskova et al. 2020): every node has its own model. In each round
/// it mixes its model with its neighbours', using the weights of <see cref="NodeGraph.WeightsOf"/>, and trains the
/// mixture on its own samples. The orchestrator only forwards models along the edges. It evaluates their
/// sample-weighted mean, which no node trains on. An epoch is one round.
/// </summary>
internal sealed class Gossip : ITrainingMethod
{
    private readonly ModelManager _model;
    private readonly RunEvents _events;
    private readonly OrchestratorLog _log;
    private readonly RunOptions _options;
    private readonly IReadOnlyList<int> _sampleCounts;
    private readonly NodeModels _models;
    private readonly GossipExchange _exchange;

    private Gossip(MethodParts parts, IReadOnlyList<int> sampleCounts)
    {
        (_model, _events, _log) = (parts.Model, parts.Events, parts.Log);
        _options = parts.Options;
        _sampleCounts = sampleCounts;
        BatchSizes.Require(_options, sampleCounts);
        _models = parts.Own(new NodeModels(_model.Parameters, sampleCounts.Count));
        _exchange = new GossipExchange(GraphOf(_options), _models, parts.LocalRounds, parts.Encoding, _log);
    }

    /// <summary><c>gossip</c>.</summary>
    public static MethodKind Kind { get; } = new(
        "gossip", "decentralized: each node mixes its model with its neighbours' of --topology, and trains it further", (parts, counts) => new Gossip(parts, counts))
    {
        Adapt = Adapt,
        Capability = Hello.GossipCapability,
        IsFederated = true,
        IsDecentralized = true,
    };

    /// <inheritdoc/>
    public int RoundsPerEpoch => 1;

    /// <inheritdoc/>
    public StepClock Clock { get; } = new();

    /// <inheritdoc/>
    public IReadOnlyList<(string Name, Tensor Tensor)> State => _models.State;

    /// <inheritdoc/>
    public async Task<RoundOutcome> RunAsync(Round round, CancellationToken cancellationToken)
    {
        LocalTraining training = LocalRequests.Of(_options, _model.LearningRate, round, mu: 0);

        // 1. Every node mixes its model with its neighbours' and trains it. In the first round all models are the same.
        bool mixes = round is not { Epoch: 1, Index: 0 };
        IReadOnlyList<LocalUpdate> updates = await _exchange.RunAsync(training, mixes, Clock, cancellationToken);

        // 2. The models sent are kept for the neighbours' next round. Absent nodes keep the model that they sent last.
        RoundOutcome outcome = LocalUpdate.OutcomeOf(updates, _sampleCounts.Sum(c => training.RowsOf(c)), _sampleCounts.Count);
        foreach (LocalUpdate update in updates)
        {
            _models.Keep(update, training.Step);
            update.Dispose();
        }

        // 3. The mean of all models is evaluated.
        ModelAggregator.Create("mean").Aggregate(_model, _models.Parameters, _models.Buffers, [.. _sampleCounts.Select(c => (double)c)]);
        _events.Publish(new AggregationCompleted(round, RoundsPerEpoch, [.. Enumerable.Range(1, _sampleCounts.Count)], outcome.Rows));
        _log.Consensus(round.Epoch, DistanceFromMean());
        Clock.Lap(StepPart.OrchestratorCompute);
        return outcome;
    }

    /// <summary>Builds the run's graph.</summary>
    /// <exception cref="UserErrorException">The flags describe no valid graph.</exception>
    private static NodeGraph GraphOf(RunOptions options)
    {
        Federation federation = options.Federation!;
        return federation.Topology.Build(options.NumNodes, federation.TopologySeed ?? options.Seed, federation.Groups);
    }

    private static RunOptions Adapt(RunOptions options)
    {
        RunOptions adapted = WholeModel.OnNodes(options);
        int models = GraphOf(adapted).MaxDegree + 1;
        long most = WireLimits.Session.MaxPayload / (adapted.Model.ParameterCount * adapted.ElementType.Size());
        return models <= most
            ? adapted
            : throw new UserErrorException(
                ExitCode.Usage, $"{Topology.Flag} {adapted.Federation!.Topology}: a node's {models - 1} neighbours' models and its own are over 2 GiB; use one with fewer neighbours");
    }

    /// <summary>Spread of the nodes' models: √(1/n Σ ‖θ_i − θ̄‖²) / ‖θ̄‖.</summary>
    private double DistanceFromMean()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor mean = _model.Parameters.Values.cpu();
        double squares = 0;
        foreach (Tensor model in _models.Parameters)
        {
            double distance = model.sub(mean).norm().ToDouble();
            squares += distance * distance;
        }

        return Math.Sqrt(squares / _sampleCounts.Count) / mean.norm().ToDouble();
    }
}
