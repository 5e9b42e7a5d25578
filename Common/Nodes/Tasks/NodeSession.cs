using Microsoft.Extensions.Logging;
using TraversalLearning.Messages;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Tasks;

/// <summary>
/// Dispatches the messages of one connection to task handlers, one at a time. The next frame is not read until the reply has
/// been sent, so that requests do not queue up and θ is not overwritten during a computation.
/// </summary>
internal sealed class NodeSession : IFrameHandler, IDisposable
{
    // The other side closes the connection of a node that leaves: closing first could discard the message while received
    // bytes are unread.
    private static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(2);

    private readonly Connection _connection;
    private readonly string _when;
    private readonly ITaskHandler[] _handlers;
    private readonly PolicyGuard? _guard;
    private readonly CancellationTokenSource _patience = new();
    private ITaskHandler? _current;

    private NodeSession(Connection connection, string when, PolicyGuard? guard, params ITaskHandler[] handlers)
    {
        _connection = connection;
        _when = when;
        _guard = guard;
        _handlers = handlers;
        _patience.Token.Register(() => connection.End("it does not hang up"));
    }

    /// <summary>The orchestrator's shutdown message, once received.</summary>
    public Shutdown? Shutdown { get; private set; }

    /// <summary>Why the node has left; <see langword="null"/> if it has not.</summary>
    public PolicyException? Refusal { get; private set; }

    /// <summary>The task handlers.</summary>
    public IReadOnlyList<ITaskHandler> Handlers => _handlers;

    /// <summary>Creates a session for preparing a run: no computation, no parameters.</summary>
    /// <param name="connection">Connection to an orchestrator that has answered with <c>Prepare</c>.</param>
    /// <param name="table">Statistics of the node's table, as JSON.</param>
    /// <param name="rows">Number of the table's rows.</param>
    public static NodeSession OfPreparation(Connection connection, string table, int rows) =>
        new(connection, " while it prepares the run", guard: null, new StatisticsTasks(connection, table, rows));

    /// <summary>Creates the session of a run.</summary>
    /// <param name="connection">Connection to an orchestrator that has answered with <c>Welcome</c>.</param>
    /// <param name="processor">Computes the tasks.</param>
    /// <param name="encoding">How sent tensors are encoded.</param>
    /// <param name="log">The log.</param>
    /// <param name="meter">Counts visits.</param>
    /// <param name="metadata">The node's metadata, as JSON.</param>
    /// <param name="blind">The node's part in a blind run; <see langword="null"/> for the other exchanges.</param>
    /// <param name="guard">Enforces the node's policy; <see langword="null"/> for none.</param>
    public static NodeSession OfRun(
        Connection connection,
        TaskProcessor processor,
        TensorEncodingOptions encoding,
        ILogger log,
        NodeMeter? meter = null,
        string? metadata = null,
        BlindMember? blind = null,
        PolicyGuard? guard = null)
    {
        var context = new TaskContext(connection, processor, encoding, log, meter);
        var indexRange = new IndexRangeTasks(connection, processor.SampleCount, metadata);
        if (blind is not null)
        {
            return new NodeSession(connection, string.Empty, guard, new BlindTasks(context, blind, log), indexRange);
        }

        var traversal = new TraversalTasks(context);
        return processor.Setup.Exchange.Kind().NodesHaveModel
            ? new NodeSession(connection, string.Empty, guard, traversal, new ValidationTasks(context), new LocalTasks(context), new GossipTasks(context), indexRange)
            : new NodeSession(connection, string.Empty, guard, new TurnTasks(context), traversal, indexRange);
    }

    /// <inheritdoc/>
    public bool Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        if (frame.Type == MessageType.Shutdown)
        {
            return true;
        }

        if (Refusal is not null)
        {
            return false;
        }

        _current = HandlerOf(frame.Type);
        if (_current is null)
        {
            ProtocolException.Throw(ProtocolError.UnexpectedMessage, $"the orchestrator sent {frame.Type}{_when}");
        }

        try
        {
            _guard?.Receive(frame);
        }
        catch (PolicyException e)
        {
            // Its tensors are skipped.
            Refusal = e;
            return true;
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

        if (Refusal is null)
        {
            try
            {
                await _current!.HandleAsync(frame, cancellationToken);
                return;
            }
            catch (PolicyException e)
            {
                Refusal = e;
            }
        }

        await _connection.SendAsync(new Leave(Refusal.Text, Refusal.Code), cancellationToken);
        _patience.CancelAfter(LeavePatience);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _patience.Dispose();
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
