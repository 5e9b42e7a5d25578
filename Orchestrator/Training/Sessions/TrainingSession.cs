using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Steps;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Sessions;

/// <summary>A networked run, from the first connection to shutdown.</summary>
internal sealed class TrainingSession : IAsyncDisposable
{
    // A little more than a node's longest delay before a reconnect.
    private static readonly TimeSpan StragglerTimeout = TimeSpan.FromSeconds(12);

    private readonly RunOptions _options;
    private readonly OrchestratorLog _log;
    private readonly TensorEncodingOptions _encoding;
    private readonly ConnectionManager _connections;
    private readonly RunContext _context;

    /// <summary>Starts to listen.</summary>
    /// <param name="context">The run.</param>
    /// <param name="log">The run's log.</param>
    public TrainingSession(RunContext context, OrchestratorLog log)
        : this(context, log, [])
    {
    }

    /// <summary>Starts to listen for a resumed run.</summary>
    /// <param name="context">The run.</param>
    /// <param name="log">The run's log.</param>
    /// <param name="knownData">The data that nodes 1, 2, … must have; empty for a new run.</param>
    /// <param name="test">The test set, which the nodes' samples must be compatible with; <see langword="null"/> to
    /// skip the check.</param>
    /// <param name="resumedFrom">The checkpoint that the run goes on from; <see langword="null"/> for a new run.</param>
    public TrainingSession(RunContext context, OrchestratorLog log, IReadOnlyList<NodeData> knownData, SampleTensors? test = null, string? resumedFrom = null)
    {
        _context = context;
        _options = context.Options;
        _log = log;
        _encoding = _options.NewEncoding();

        // No node is admitted to a run that cannot start.
        Model = context.NewModel();
        ConnectionManagerOptions waiting = ConnectionManagerOptions.Of(_options, context.Setup, _encoding, knownData, context.Events);
        _connections = ConnectionManager.Start(waiting with { Test = context.Setup.Preparation is null ? test?.Traits : null }, log);
        context.Probe.Nodes = Read;
        Parts = new MethodParts(context, Model, _connections, _encoding, log) { ResumedFrom = resumedFrom };
    }

    public System.Net.IPEndPoint Endpoint => _connections.Endpoint;

    public ModelManager Model { get; }

    /// <summary>The parts that its method is built from.</summary>
    public MethodParts Parts { get; }

    /// <summary>The run's options.</summary>
    public RunOptions Options => _options;

    /// <summary>The reports of nodes 1, 2, …, once they have been asked.</summary>
    public IReadOnlyList<NodeReport> Nodes { get; private set; } = [];

    /// <summary>The data of nodes 1, 2, …, once all have connected.</summary>
    public IReadOnlyList<NodeData> Data => _connections.Data;

    /// <summary>Number of open connections, strangers included.</summary>
    public int Serving => _connections.Serving;

    public (long Sent, long Received) Traffic => (_connections.BytesSent, _connections.BytesReceived);

    /// <summary>The current state of the nodes; thread-safe.</summary>
    public IReadOnlyList<NodeReading> Read()
    {
        NodeReading[] nodes = _connections.Read();
        foreach (NodeReport report in Nodes)
        {
            nodes[report.NodeId - 1] = nodes[report.NodeId - 1] with { Metadata = report.Metadata.ToString() };
        }

        return nodes;
    }

    /// <summary>Describes the range of a node's values; <see langword="null"/> if it reported none.</summary>
    public string? DescribeNumbersOf(int nodeId) => _connections.DescribeNumbersOf(nodeId);

    /// <summary>Waits for all nodes and requests their index ranges.</summary>
    /// <exception cref="UserErrorException">Their samples differ in kind, are missing, or are too many.</exception>
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

    /// <summary>Validates on the held-out samples; <see langword="null"/> if none are held out.</summary>
    /// <exception cref="UserErrorException">The share of the nodes' few samples rounds down to none.</exception>
    public Validator? NewValidator(IReadOnlyList<int> sampleCounts) => _options.ValidationFraction == 0
        ? null
        : Parts.Validations.Of(Model, _context.NewHoldOut(sampleCounts), _options.BatchSize);

    /// <summary>
    /// When nothing is left to train: gives nodes of an interrupted session time to reconnect, so that they can be told
    /// to shut down.
    /// </summary>
    public async Task AwaitStragglersAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _connections.WaitForAllAsync(StragglerTimeout, cancellationToken);
        }
        catch (NodeLostException)
        {
            // They have exited already, or will when their connect timeout expires.
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
        // The order matters: only after the connections have closed does nothing write to the buffers.
        await _connections.DisposeAsync();
        Parts.Dispose();
        Model.Dispose();
    }
}
