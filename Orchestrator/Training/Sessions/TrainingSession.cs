using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Local;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Orchestration.Training.Steps;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Sessions;

/// <summary>A traversal-learning run over the network, from the first node to the farewell.</summary>
internal sealed class TrainingSession : IAsyncDisposable
{
    // The longest that a node waits between two tries to connect, and some.
    private static readonly TimeSpan StragglerTimeout = TimeSpan.FromSeconds(12);

    private readonly RunOptions _options;
    private readonly OrchestratorLog _log;
    private readonly TensorEncodingOptions _encoding;
    private readonly ConnectionManager _connections;
    private readonly RunContext _context;
    private readonly ValidationRounds _validations;
    private readonly List<IDisposable> _owned = [];
    private BatchBuffers? _buffers;
    private TraversalGradient? _gradients;

    /// <summary>Begins to listen.</summary>
    /// <param name="context">The run.</param>
    /// <param name="log">Told of nodes.</param>
    public TrainingSession(RunContext context, OrchestratorLog log)
        : this(context, log, [])
    {
    }

    /// <summary>Begins to listen, for a run that is resumed.</summary>
    /// <param name="context">The run.</param>
    /// <param name="log">Told of nodes.</param>
    /// <param name="knownData">The data that node 1, 2, … must have; empty if the run begins now.</param>
    /// <param name="test">The test set, which the nodes' samples have to be like; <see langword="null"/> if they are not held against one.</param>
    public TrainingSession(RunContext context, OrchestratorLog log, IReadOnlyList<NodeData> knownData, SampleTensors? test = null)
    {
        _context = context;
        _options = context.Options;
        _log = log;
        _encoding = _options.NewEncoding();

        // Nobody is let in for a run that cannot begin.
        Model = context.NewModel();
        ConnectionManagerOptions waiting = ConnectionManagerOptions.Of(_options, context.Setup, _encoding, knownData, context.Events);
        _connections = ConnectionManager.Start(waiting with { Test = context.Setup.Preparation is null ? test?.Traits : null }, log);
        context.Probe.Nodes = Read;
        SchedulerOptions = SchedulerOptions.Of(_options, Exactness.NeedsWholeBatch(context.Setup) ? 0 : _options.MicroBatchRows);
        Tasks = new NodeTaskRunner(_connections, SchedulerOptions, log);
        Scheduler = new TraversalScheduler(Tasks, context.Setup, SchedulerOptions);
        LocalRounds = new LocalRounds(Tasks, context.Setup, SchedulerOptions, FlatBuffers.Count(Model.Parameters));
        _validations = new ValidationRounds(Tasks, context.Setup, SchedulerOptions, _encoding);
    }

    public System.Net.IPEndPoint Endpoint => _connections.Endpoint;

    public ModelManager Model { get; }

    /// <summary>Has nodes do tasks of any kind.</summary>
    public NodeTaskRunner Tasks { get; }

    /// <summary>How nodes are asked.</summary>
    public SchedulerOptions SchedulerOptions { get; }

    public TraversalScheduler Scheduler { get; }

    /// <summary>Has nodes train on their own samples.</summary>
    public LocalRounds LocalRounds { get; }

    /// <summary>The gradients of the run's virtual batches.</summary>
    public TraversalGradient Gradients => GradientsOf(_options.BatchSize);

    /// <summary>What the run was told.</summary>
    public RunOptions Options => _options;

    /// <summary>Told of what happens.</summary>
    public OrchestratorLog Log => _log;

    /// <summary>How what is sent is encoded.</summary>
    public TensorEncodingOptions Encoding => _encoding;

    /// <summary>For methods to say what they have done within a round.</summary>
    public RunEvents Events => _context.Events;

    /// <summary>What node 1, 2, … say of themselves, once they have been asked.</summary>
    public IReadOnlyList<NodeReport> Nodes { get; private set; } = [];

    /// <summary>The data of node 1, 2, …, once all have come.</summary>
    public IReadOnlyList<NodeData> Data => _connections.Data;

    /// <summary>Connections that are being served: one for each node, and those of strangers.</summary>
    public int Serving => _connections.Serving;

    /// <summary>How many first-layer gradients there was ever room for.</summary>
    public int GradientBuffers => _buffers?.Gradients.Count ?? 0;

    public (long Sent, long Received) Traffic => (_connections.BytesSent, _connections.BytesReceived);

    /// <summary>What can be said of the nodes now; from any thread.</summary>
    public IReadOnlyList<NodeReading> Read()
    {
        NodeReading[] nodes = _connections.Read();
        foreach (NodeReport report in Nodes)
        {
            nodes[report.NodeId - 1] = nodes[report.NodeId - 1] with { Metadata = report.Metadata.ToString() };
        }

        return nodes;
    }

    /// <summary>What a node has said of its numbers; <see langword="null"/> if it has none.</summary>
    public string? DescribeNumbersOf(int nodeId) => _connections.DescribeNumbersOf(nodeId);

    /// <summary>Takes over what a method holds beside the model, and what it receives into: it is disposed once the connections have ended.</summary>
    public T Own<T>(T part)
        where T : IDisposable
    {
        _owned.Add(part);
        return part;
    }

    /// <summary>The gradients of virtual batches. Their buffers are there from the first time that it is asked for.</summary>
    /// <param name="rows">The most that a batch has; a run has one such number.</param>
    public TraversalGradient GradientsOf(int rows)
    {
        if (_gradients is null)
        {
            _buffers = new BatchBuffers(_context.Setup, rows);
            Attendance? attendance = _options.OnNodeLoss == OnNodeLoss.Skip ? new Attendance(_connections, SchedulerOptions, _log) : null;
            var exchange = VisitExchange.Of(_context.Setup, _options.AllowNonFinite, _encoding, _log);
            _gradients = new TraversalGradient(Model, Scheduler, exchange, _buffers, _encoding, attendance, BatchSizes.Of(_options), _log);
        }

        return _gradients;
    }

    /// <summary>Waits for all nodes and asks them for their index ranges; in order of the node ids.</summary>
    /// <exception cref="UserErrorException">Their samples are not of one kind, none, or too many.</exception>
    public async Task<int[]> SampleCountsAsync(CancellationToken cancellationToken)
    {
        await _connections.WaitForAllAsync(_options.ConnectTimeout, cancellationToken);
        Model.Samples = _connections.MergeTraits();
        _context.PointOut(_log, _connections.DataDoubts());
        Nodes = await Scheduler.QueryNodesAsync(_options.NumNodes, cancellationToken);
        foreach (NodeReport node in Nodes.Where(n => n.Metadata.Entries.Count > 0))
        {
            _log.Crowd.NodeDescribed(node.NodeId, node.Metadata.ToString());
        }

        int[] counts = [.. Nodes.Select(n => n.SampleCount)];
        return counts.Sum(c => (long)c) is var total && total is 0 or > int.MaxValue
            ? throw new UserErrorException(ExitCode.Data, $"the nodes hold {total} samples together; from 1 to {int.MaxValue} can be trained on")
            : counts;
    }

    /// <summary>Validates on what the nodes keep out; <see langword="null"/> if they keep nothing.</summary>
    /// <exception cref="UserErrorException">They have so few samples that it is none.</exception>
    public Validator? NewValidator(IReadOnlyList<int> sampleCounts)
    {
        if (_options.ValidationFraction == 0)
        {
            return null;
        }

        HoldOut holdOut = _context.NewHoldOut(sampleCounts);
        return async (epoch, cancellationToken) =>
        {
            using EncodedTensor parameters = Model.EncodeParameters(_encoding);
            return await _validations.ValidateAsync(epoch, holdOut, parameters, _options.BatchSize, cancellationToken);
        };
    }

    /// <summary>The virtual batches over all samples of all nodes, once these are there.</summary>
    /// <exception cref="UserErrorException">A batch would be too small for a layer.</exception>
    public async Task<VirtualBatchPlanner> PlanAsync(CancellationToken cancellationToken)
    {
        int[] counts = await SampleCountsAsync(cancellationToken);
        BatchSizes.Require(_options, counts);
        return new VirtualBatchPlanner(counts, _options.BatchSize, _options.Seed, _options.LastBatch);
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
        LocalRounds.Dispose();
        _owned.ForEach(part => part.Dispose());
        _buffers?.Dispose();
        Model.Dispose();
    }
}
