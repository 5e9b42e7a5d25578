using System.Net;
using TraversalLearning.Data.Batches;
using TraversalLearning.Nodes;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Blind;
using TraversalLearning.Orchestration.Training.Methods;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Orchestration.Training.Sessions;
using TraversalLearning.Security;

namespace TraversalLearning.Tests.Support;

/// <summary>What a run left: the hash over all parameters, and the mean loss of every step.</summary>
/// <param name="Hash">The hash.</param>
/// <param name="Losses">The losses.</param>
internal sealed record ClusterResult(string Hash, double[] Losses)
{
    /// <summary>With the blind exchange: what the nodes' test samples said after every epoch.</summary>
    public Evaluation[] Evaluations { get; init; } = [];
}

/// <summary>An orchestrator and its nodes in this process, over real TCP on a free port of the loopback interface.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly CancellationTokenSource _deadline;
    private readonly ClusterOptions _options;
    private readonly RunContext _context;
    private readonly Dictionary<int, RunningNode> _nodes = [];
    private readonly List<RunningNode> _twins = [];
    private readonly string? _stateFolder;
    private int _batchesPerEpoch;
    private BlindMethod? _blind;

    /// <summary>An orchestrator that listens, and no node yet.</summary>
    /// <param name="options">What it is like.</param>
    /// <param name="resumedFrom">The checkpoint that it goes on from.</param>
    /// <param name="stateFolder">Where nodes of a blind run keep their state.</param>
    public TestCluster(ClusterOptions options, string? resumedFrom = null, string? stateFolder = null)
    {
        _stateFolder = stateFolder;
        _options = options;
        _deadline = new CancellationTokenSource(options.Deadline);
        Log = new CapturedLog(options.DebugLog);
        _context = options.NewContext();
        Session = new TrainingSession(_context, new OrchestratorLog(Log.Logger("orchestrator")), [], test: null, resumedFrom);
    }

    public CapturedLog Log { get; }

    public TrainingSession Session { get; }

    /// <summary>Changes what a node is started with.</summary>
    public Func<NodeOptions, NodeOptions> Adapt { get; init; } = static options => options;

    /// <summary>What happens in it.</summary>
    public RunEvents Events => _context.Events;

    public IPEndPoint Endpoint => Session.Endpoint;

    /// <summary>Cancelled when the test has taken too long.</summary>
    public CancellationToken Deadline => _deadline.Token;

    public string Hash => Session.Model.Parameters.Sha256();

    /// <summary>What a node says of its data.</summary>
    public string FingerprintOf(int id) => _options.EffectiveImages.Select(_options.EffectivePartition[id - 1]).Fingerprint();

    /// <summary>A whole run, undisturbed.</summary>
    public static async Task<ClusterResult> RunAsync(ClusterOptions options, int epochs = 1)
    {
        await using var cluster = new TestCluster(options);
        cluster.StartAllNodes();
        return await cluster.TrainAsync(epochs);
    }

    /// <summary>Starts a node with the samples of its id, which connects to <paramref name="via"/> or straight to the orchestrator.</summary>
    public void StartNode(int id, IPEndPoint? via = null, NodeSecurity? security = null) => _nodes.Add(id, Run(id, $"node{id}", via, security));

    /// <summary>Starts a second node of an id that is there already; in the log it is <c>twin2</c>.</summary>
    public void StartTwin(int id, IPEndPoint via) => _twins.Add(Run(id, $"twin{id}", via, security: null));

    /// <summary>Starts the nodes from <paramref name="first"/> on in one process, as <c>--virtual_nodes</c> does. It goes by the id of the first.</summary>
    public void StartHost(int first, int count, IPEndPoint? via = null)
    {
        IPEndPoint endpoint = via ?? Endpoint;
        var options = new NodeOptions(first, endpoint.Address.ToString(), endpoint.Port, _context.Device, _context.Options.NewEncoding()) { Policy = new PolicySource(NodePolicy.Permissive) };
        var samples = HostedSamples.Deal(_options.EffectiveImages, first, _options.EffectivePartition[(first - 1)..(first - 1 + count)]);
        var host = new NodeHost(Adapt(options), samples, Log.Logger($"host{first}"));
        var stopping = new CancellationTokenSource();
        _nodes.Add(first, new RunningNode(host, Task.Run(() => host.RunAsync(stopping.Token)), stopping));
    }

    /// <summary>Ends when the node does, and as it does.</summary>
    public Task EndOfNodeAsync(int id) => _nodes[id].Running.WaitAsync(Deadline);

    public void StartAllNodes(Func<int, IPEndPoint?>? via = null)
    {
        for (int id = 1; id <= _context.Options.NumNodes; id++)
        {
            StartNode(id, via?.Invoke(id));
        }
    }

    /// <summary>Starts the nodes one after the other, each when the one before it has joined.</summary>
    public async Task StartInOrderAsync(params int[] ids)
    {
        foreach (int id in ids)
        {
            StartNode(id);
            await JoinedAsync(id);
        }
    }

    /// <summary>Waits until a node has joined so many times.</summary>
    public Task JoinedAsync(int id, int times = 1) => Log.WaitForAsync($"[1002] node {id} joined", Deadline, times);

    /// <summary>Ends a node as if its process had been killed: its connection and what it held are gone.</summary>
    public async Task KillNodeAsync(int id)
    {
        _nodes.Remove(id, out RunningNode? node);
        await node!.StopAsync();
    }

    /// <summary>The batches of a run, once all nodes are there.</summary>
    public async Task<IEnumerable<VirtualBatch>> PlanAsync(int epochs = 1)
    {
        VirtualBatchPlanner planner = RunBatches.Of(_context.Options, await Session.SampleCountsAsync(Deadline));
        _batchesPerEpoch = planner.BatchesPerEpoch;
        return Enumerable.Range(1, epochs).SelectMany(planner.Epoch);
    }

    /// <summary>Trains by the method that the options name, and sends the nodes home.</summary>
    /// <param name="epochs">Passes over the data.</param>
    /// <param name="afterRound">Called after every round.</param>
    public async Task<ClusterResult> TrainByMethodAsync(int epochs = 1, Func<Round, RoundOutcome, Task>? afterRound = null)
    {
        int[] counts = await Session.SampleCountsAsync(Deadline);
        ITrainingMethod method = TrainingMethods.Of(_context.Options.Algorithm).Create(Session.Parts, counts);
        var losses = new List<double>();
        for (int epoch = 1; epoch <= epochs; epoch++)
        {
            for (int index = 0; index < method.RoundsPerEpoch; index++)
            {
                var round = new Round(epoch, index);
                RoundOutcome outcome = await method.RunAsync(round, Deadline);
                losses.Add(outcome.LossSum / outcome.Rows);
                await (afterRound?.Invoke(round, outcome) ?? Task.CompletedTask);
            }

            Session.Model.EndEpoch();
        }

        await Session.FinishAsync("the test is over");
        return new ClusterResult(Hash, [.. losses]);
    }

    /// <summary>One step: the gradient, and the update.</summary>
    public async Task<BatchOutcome> StepAsync(VirtualBatch batch)
    {
        if (_options.Exchange == Exchange.Blind)
        {
            RoundOutcome round = await (await BlindAsync()).RunAsync(new Round(batch.Epoch, batch.Index), Deadline);
            return new BatchOutcome(round.LossSum, (int)round.Hits, (int)round.Rows);
        }

        BatchOutcome outcome = await Session.Parts.Gradients.ComputeAsync(batch, Deadline);
        Session.Model.Update();
        return outcome;
    }

    /// <summary>The blind exchange, once all nodes have agreed on keys.</summary>
    public async Task<BlindMethod> BlindAsync()
    {
        if (_blind is null)
        {
            BlindMethod method = BlindTraining.Create(Session.Parts, await Session.SampleCountsAsync(Deadline));
            await method.Holder.BeginAsync(checkpoint: null, epochs: 0, state: null, Deadline);
            _blind = method;
        }

        return _blind;
    }

    /// <summary>A node's θ in a blind run.</summary>
    public BlindReplica? ReplicaOf(int id) => ((NodeAgent)_nodes[id].Agent).Replica;

    /// <summary>Trains, and sends the nodes home.</summary>
    /// <param name="epochs">Passes over the data.</param>
    /// <param name="beforeStep">Called before every step with its number, from 0.</param>
    public async Task<ClusterResult> TrainAsync(int epochs = 1, Func<int, VirtualBatch, Task>? beforeStep = null)
    {
        var losses = new List<double>();
        var evaluations = new List<Evaluation>();
        foreach (VirtualBatch batch in await PlanAsync(epochs))
        {
            if (beforeStep is not null)
            {
                await beforeStep(losses.Count, batch);
            }

            BatchOutcome outcome = await StepAsync(batch);
            losses.Add(outcome.LossSum / outcome.Rows);
            if (losses.Count % _batchesPerEpoch == 0)
            {
                Session.Model.EndEpoch();
                if (_blind is not null && (await _blind.Holder.EvaluateAsync(batch.Epoch, Deadline)).Evaluation is { } evaluation)
                {
                    evaluations.Add(evaluation);
                }
            }
        }

        if (_blind is not null)
        {
            await _blind.Holder.EndAsync(Deadline);
        }

        await Session.FinishAsync("the test is over");
        return new ClusterResult(Hash, [.. losses]) { Evaluations = [.. evaluations] };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_nodes.Values.Concat(_twins).Select(n => n.StopAsync()));
        await Session.DisposeAsync();
        Log.Dispose();
        _deadline.Dispose();
    }

    private RunningNode Run(int id, string name, IPEndPoint? via, NodeSecurity? security)
    {
        IPEndPoint endpoint = via ?? Endpoint;
        var options = new NodeOptions(id, endpoint.Address.ToString(), endpoint.Port, _context.Device, _context.Options.NewEncoding())
        {
            Security = security ?? _options.NodeSecurity(id),
            HandshakeTimeout = _options.HandshakeTimeout,
            Policy = _options.Policy(id),
            Outgoing = _options.Outgoing(id),
            StateFolder = _stateFolder is null ? null : Path.Combine(_stateFolder, NodeCertificate.NameOf(id)),
            Test = node => _options.TestImages?.Select([.. Enumerable.Range(0, _options.TestImages.Count).Where(i => i % _context.Options.NumNodes == node - 1)]),
        };
        var agent = new NodeAgent(
            Adapt(options), _options.EffectiveImages.Select(_options.EffectivePartition[id - 1]), _options.Model.ClassCount, Log.Logger(name));
        var stopping = new CancellationTokenSource();
        return new RunningNode(agent, Task.Run(() => agent.RunAsync(stopping.Token)), stopping);
    }

    private sealed record RunningNode(IDisposable Agent, Task Running, CancellationTokenSource Stopping)
    {
        public async Task StopAsync()
        {
            await Stopping.CancelAsync();
            await Running.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            Agent.Dispose();
            Stopping.Dispose();
        }
    }
}
