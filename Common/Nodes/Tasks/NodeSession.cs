using Microsoft.Extensions.Logging;
using TraversalLearning.Messages;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Tasks;

/// <summary>
/// Hands the messages of one connection to the handlers of their tasks, one at a time: the next frame is not read before the reply to this one is
/// out, so that nothing queues up and θ is not overwritten under a computation.
/// </summary>
internal sealed class NodeSession : IFrameHandler, IDisposable
{
    private readonly Connection _connection;
    private readonly string _when;
    private readonly ITaskHandler[] _handlers;
    private ITaskHandler? _current;

    private NodeSession(Connection connection, string when, params ITaskHandler[] handlers)
    {
        _connection = connection;
        _when = when;
        _handlers = handlers;
    }

    /// <summary>The orchestrator's farewell, once it came.</summary>
    public Shutdown? Shutdown { get; private set; }

    /// <summary>What it hands messages to.</summary>
    public IReadOnlyList<ITaskHandler> Handlers => _handlers;

    /// <summary>A session in which a run is prepared: nothing is computed, no parameters come.</summary>
    /// <param name="connection">To an orchestrator that has answered with <c>Prepare</c>.</param>
    /// <param name="table">The statistics of the node's table, as JSON.</param>
    public static NodeSession OfPreparation(Connection connection, string table) =>
        new(connection, " while it prepares the run", new StatisticsTasks(connection, table));

    /// <summary>The session of a run.</summary>
    /// <param name="connection">To an orchestrator that has answered with <c>Welcome</c>.</param>
    /// <param name="processor">Computes.</param>
    /// <param name="encoding">How what is sent is encoded.</param>
    /// <param name="log">Told of tasks.</param>
    /// <param name="meter">Counts visits.</param>
    /// <param name="metadata">What the node says of itself, as JSON.</param>
    public static NodeSession OfRun(
        Connection connection, TaskProcessor processor, TensorEncodingOptions encoding, ILogger log, NodeMeter? meter = null, string? metadata = null)
    {
        var context = new TaskContext(connection, processor, encoding, log, meter);
        var indexRange = new IndexRangeTasks(connection, processor.SampleCount, metadata);
        var traversal = new TraversalTasks(context);
        return processor.Setup.Exchange.Kind().NodesHaveModel
            ? new NodeSession(connection, string.Empty, traversal, new ValidationTasks(context), new LocalTasks(context), new GossipTasks(context), indexRange)
            : new NodeSession(connection, string.Empty, new TurnTasks(context), traversal, indexRange);
    }

    /// <inheritdoc/>
    public bool Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        if (frame.Type == MessageType.Shutdown)
        {
            return true;
        }

        _current = HandlerOf(frame.Type);
        if (_current is null)
        {
            ProtocolException.Throw(ProtocolError.UnexpectedMessage, $"the orchestrator sent {frame.Type}{_when}");
        }

        _current.Accept(frame, destinations);
        return true;
    }

    /// <inheritdoc/>
    public async ValueTask HandleAsync(IncomingFrame frame, CancellationToken cancellationToken)
    {
        if (frame.Type == MessageType.Shutdown)
        {
            Shutdown = frame.Read<Shutdown>();
            _connection.End("the session is over");
            return;
        }

        await _current!.HandleAsync(frame, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ITaskHandler handler in _handlers)
        {
            handler.Dispose();
        }
    }

    private ITaskHandler? HandlerOf(MessageType type)
    {
        foreach (ITaskHandler handler in _handlers)
        {
            if (handler.Takes(type))
            {
                return handler;
            }
        }

        return null;
    }
}
