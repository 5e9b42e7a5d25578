using TraversalLearning.Models;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Planning;
using TraversalLearning.Orchestration.Reporting;
using TraversalLearning.Orchestration.Scheduling;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training;

/// <summary>A traversal-learning run over the network, from the first node to the farewell.</summary>
internal sealed class Orchestrator : IAsyncDisposable
{
    private readonly RunOptions _options;
    private readonly OrchestratorLog _log;
    private readonly TensorEncodingOptions _encoding;
    private readonly ConnectionManager _connections;
    private readonly BatchBuffers _buffers;

    /// <summary>Begins to listen.</summary>
    public Orchestrator(RunContext context, OrchestratorLog log)
    {
        _options = context.Options;
        _log = log;
        _encoding = _options.NewEncoding();
        _connections = ConnectionManager.Start(
            new ConnectionManagerOptions(
                _options.Host,
                _options.Port,
                _options.NumNodes,
                context.Setup,
                _encoding,
                _options.HeartbeatInterval,
                _options.HeartbeatTimeout)
            {
                Security = _options.Security,
            },
            log);
        Model = context.NewModel();
        _buffers = new BatchBuffers(context.Setup, _options.BatchSize);
        Scheduler = new TraversalScheduler(
            _connections,
            context.Setup,
            new SchedulerOptions(_options.Traversal, _options.ReconnectTimeout, _options.TaskTimeout, _options.AllowNonFinite),
            _encoding,
            log);
        Gradients = new TraversalGradient(Model, Scheduler, _buffers, _encoding);
    }

    public System.Net.IPEndPoint Endpoint => _connections.Endpoint;

    public ModelManager Model { get; }

    public TraversalScheduler Scheduler { get; }

    public TraversalGradient Gradients { get; }

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

    /// <summary>Trains for the run's epochs.</summary>
    public async Task<Evaluation> TrainAsync(SampleTensors test, Func<VirtualBatchPlanner, TrainingReporter> report, CancellationToken cancellationToken)
    {
        VirtualBatchPlanner planner = await PlanAsync(cancellationToken);
        var loop = new TrainingLoop(Model, Gradients, planner, test, report(planner), _options.AllowNonFinite);
        return await loop.RunAsync(_options.Epochs, cancellationToken);
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
