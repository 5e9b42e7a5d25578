using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Model;
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
        Parts = new MethodParts(context, Model, _connections, _encoding, log);
    }

    public System.Net.IPEndPoint Endpoint => _connections.Endpoint;

    public ModelManager Model { get; }

    /// <summary>What its method is made of.</summary>
    public MethodParts Parts { get; }

    /// <summary>What the run was told.</summary>
    public RunOptions Options => _options;

    /// <summary>What node 1, 2, … say of themselves, once they have been asked.</summary>
    public IReadOnlyList<NodeReport> Nodes { get; private set; } = [];

    /// <summary>The data of node 1, 2, …, once all have come.</summary>
    public IReadOnlyList<NodeData> Data => _connections.Data;

    /// <summary>Connections that are being served: one for each node, and those of strangers.</summary>
    public int Serving => _connections.Serving;

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

    /// <summary>Waits for all nodes and asks them for their index ranges; in order of the node ids.</summary>
    /// <exception cref="UserErrorException">Their samples are not of one kind, none, or too many.</exception>
    public async Task<int[]> SampleCountsAsync(CancellationToken cancellationToken)
    {
        await _connections.WaitForAllAsync(_options.ConnectTimeout, cancellationToken);
        Model.Samples = _connections.MergeTraits();
        _context.PointOut(_log, _connections.DataDoubts());
        Nodes = await IndexRangeQueries.AskAsync(Parts.Tasks, _options.NumNodes, cancellationToken);
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
    public Validator? NewValidator(IReadOnlyList<int> sampleCounts) => _options.ValidationFraction == 0
        ? null
        : Parts.Validations.Of(Model, _context.NewHoldOut(sampleCounts), _options.BatchSize);

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
        Parts.Dispose();
        Model.Dispose();
    }
}
