using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Planning;
using TraversalLearning.Orchestration.Scheduling;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training;

/// <summary>A traversal-learning run over the network, from the first node to the farewell.</summary>
internal sealed class Orchestrator : IAsyncDisposable
{
    // The longest that a node waits between two tries to connect, and some.
    private static readonly TimeSpan StragglerTimeout = TimeSpan.FromSeconds(12);

    private readonly RunOptions _options;
    private readonly OrchestratorLog _log;
    private readonly TensorEncodingOptions _encoding;
    private readonly ConnectionManager _connections;
    private readonly BatchBuffers _buffers;

    /// <summary>Begins to listen.</summary>
    /// <param name="context">The run.</param>
    /// <param name="log">Told of nodes.</param>
    public Orchestrator(RunContext context, OrchestratorLog log)
        : this(context, log, [])
    {
    }

    /// <summary>Begins to listen, for a run that is resumed.</summary>
    /// <param name="context">The run.</param>
    /// <param name="log">Told of nodes.</param>
    /// <param name="knownData">The data that node 1, 2, … must have; empty if the run begins now.</param>
    public Orchestrator(RunContext context, OrchestratorLog log, IReadOnlyList<NodeData> knownData)
    {
        _options = context.Options;
        _log = log;
        _encoding = _options.NewEncoding();
        _connections = ConnectionManager.Start(ConnectionManagerOptions.Of(_options, context.Setup, _encoding, knownData), log);
        Model = context.NewModel();
        _buffers = new BatchBuffers(context.Setup, _options.BatchSize);
        Scheduler = new TraversalScheduler(
            _connections,
            context.Setup,
            new SchedulerOptions(_options.Traversal, _options.ReconnectTimeout, _options.TaskTimeout, _options.AllowNonFinite)
            {
                OnNodeLoss = _options.OnNodeLoss,
                VisitsAtOnce = _options.VisitsAtOnce,
                MicroBatchRows = Exactness.NeedsWholeBatch(context.Setup) ? 0 : _options.MicroBatchRows,
            },
            _encoding,
            log);
        Attendance? attendance = _options.OnNodeLoss == OnNodeLoss.Skip ? new Attendance(_connections, _options.ReconnectTimeout, log) : null;
        Gradients = new TraversalGradient(Model, Scheduler, _buffers, _encoding, attendance);
    }

    public System.Net.IPEndPoint Endpoint => _connections.Endpoint;

    public ModelManager Model { get; }

    public TraversalScheduler Scheduler { get; }

    public TraversalGradient Gradients { get; }

    /// <summary>The data of node 1, 2, …, once all have come.</summary>
    public IReadOnlyList<NodeData> Data => _connections.Data;

    /// <summary>Connections that are being served: one for each node, and those of strangers.</summary>
    public int Serving => _connections.Serving;

    /// <summary>How many first-layer gradients there was ever room for.</summary>
    public int GradientBuffers => _buffers.GradientCount;

    public (long Sent, long Received) Traffic => (_connections.BytesSent, _connections.BytesReceived);

    /// <summary>Waits for all nodes and asks them for their index ranges.</summary>
    public async Task<VirtualBatchPlanner> PlanAsync(CancellationToken cancellationToken)
    {
        await _connections.WaitForAllAsync(_options.ConnectTimeout, cancellationToken);
        int[] counts = await Scheduler.QueryIndexRangesAsync(_options.NumNodes, cancellationToken);
        if (counts.Sum(c => (long)c) is var total && total is 0 or > int.MaxValue)
        {
            throw new Hosting.UserErrorException(Hosting.ExitCode.Data, $"the nodes hold {total} samples together; from 1 to {int.MaxValue} can be trained on");
        }

        return new VirtualBatchPlanner(counts, _options.BatchSize, _options.Seed);
    }

    /// <summary>
    /// Where nothing is left to train: gives nodes that were left alone when the orchestrator ended the time to come back, so that they can
    /// be sent home.
    /// </summary>
    public async Task AwaitStragglersAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _connections.WaitForAllAsync(StragglerTimeout, cancellationToken);
        }
        catch (NodeLostException)
        {
            // They had gone already, or will go when they give up.
        }
    }

    /// <summary>Tells the nodes that the run is over.</summary>
    public Task FinishAsync(string reason)
    {
        foreach ((string name, double ratio, bool compressed) in _encoding.Compression.Decisions)
        {
            _log.Compression($"{name} {(compressed ? "compressed" : "raw")} (ratio {ratio:0.00})");
        }

        return _connections.ShutdownAsync(reason);
    }

    public async ValueTask DisposeAsync()
    {
        // In this order: once the connections have ended, nothing writes to the buffers any more.
        await _connections.DisposeAsync();
        _buffers.Dispose();
        Model.Dispose();
    }
}
