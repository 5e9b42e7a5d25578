using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Messages;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>
/// Request/reply over one connection to an admitted node. Replies are matched by request id; unmatched ones are counted
/// and dropped. When the connection ends, every pending request fails with the reason.
/// </summary>
internal sealed class NodeLink : IFrameHandler, IAsyncDisposable
{
    private readonly Connection _connection;
    private readonly TensorEncodingOptions _encoding;
    private readonly ConcurrentDictionary<ulong, PendingReply> _pending = new();
    private ulong _lastRequestId;
    private long _dropped;
    private PendingReply? _receiving;

    public NodeLink(Hello hello, Connection connection, TensorEncodingOptions encoding)
    {
        Hello = hello;
        _connection = connection;
        _encoding = encoding;
    }

    /// <summary>The node's introduction.</summary>
    public Hello Hello { get; }

    public int NodeId => Hello.NodeId;

    public string Peer => _connection.Peer;

    public long BytesSent => _connection.BytesSent;

    public long BytesReceived => _connection.BytesReceived;

    /// <inheritdoc cref="Connection.DecodeTicks"/>
    public long DecodeTicks => _connection.DecodeTicks;

    /// <summary>Number of unmatched replies.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>The certificate that the node presented, if it was asked for one.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>
    /// The reason why the node is gone for good; <see langword="null"/> if it may come back.
    /// </summary>
    public string? GoneBecause { get; private set; }

    public bool IsAlive => _connection.Reason is null;

    /// <summary>Time since the last data from the node.</summary>
    public TimeSpan Silence => _connection.Silence;

    /// <summary>Receives until the connection ends, then fails all pending requests.</summary>
    public async Task<ConnectionLostException> RunAsync(ConnectionOptions options)
    {
        ConnectionLostException reason = await _connection.RunAsync(this, options);
        foreach (PendingReply pending in _receiving is { } receiving ? _pending.Values.Append(receiving) : _pending.Values)
        {
            pending.Fail(new ConnectionLostException(reason.Message, reason));
        }

        return reason;
    }

    /// <summary>
    /// Sends a request and waits for its reply; the reply's tensors are received directly into their destinations.
    /// </summary>
    /// <exception cref="ConnectionLostException">The connection ended first; nothing writes to the destinations any
    /// more.</exception>
    /// <exception cref="TaskFailedException">The node failed the task.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the link must be disposed before its destinations are
    /// used again.</exception>
    public async Task<TReply> RequestAsync<TRequest, TReply>(
        TRequest request,
        ReadOnlyMemory<EncodedTensor> tensors,
        ExpectedTensor[] expected,
        CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        var pending = new PendingReply<TReply>(expected);
        ulong id = Register(pending);
        try
        {
            await SendAsync(request, id, tensors, cancellationToken);
            return await pending.Reply.WaitAsync(cancellationToken);
        }
        finally
        {
            _pending.TryRemove(id, out _);
        }
    }

    /// <summary>Sends a request with two consecutive replies.</summary>
    /// <param name="request">The request.</param>
    /// <param name="tensors">Its tensors.</param>
    /// <param name="first">The tensors of the first reply.</param>
    /// <param name="onFirst">Called with the first reply, after its tensors have been received.</param>
    /// <param name="second">The tensors of the second reply.</param>
    /// <param name="cancellationToken">Cancels the operation; see the single-reply overload.</param>
    /// <returns>The second reply.</returns>
    /// <inheritdoc cref="RequestAsync{TRequest, TReply}"/>
    public async Task<TSecond> RequestAsync<TRequest, TFirst, TSecond>(
        TRequest request,
        ReadOnlyMemory<EncodedTensor> tensors,
        ExpectedTensor[] first,
        Action<TFirst> onFirst,
        ExpectedTensor[] second,
        CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TFirst : IMessage<TFirst>
        where TSecond : IMessage<TSecond>
    {
        var last = new PendingReply<TSecond>(second) { Answered = TFirst.Type };
        var pending = new PendingReply<TFirst>(first) { Next = last };
        ulong id = Register(pending);
        try
        {
            await SendAsync(request, id, tensors, cancellationToken);
            onFirst(await pending.Reply.WaitAsync(cancellationToken));
            return await last.Reply.WaitAsync(cancellationToken);
        }
        finally
        {
            _pending.TryRemove(id, out _);
            _ = last.Reply.Exception; // If the first failed, nobody has waited for this.
        }
    }

    /// <summary>Sends a message without a reply.</summary>
    public Task SendAsync<T>(T message, CancellationToken cancellationToken)
        where T : IMessage<T> => _connection.SendAsync(message, cancellationToken);

    /// <inheritdoc cref="ConnectionShutdown.SayFarewellAsync"/>
    public Task SayFarewellAsync(string reason, CancellationToken cancellationToken) => _connection.SayFarewellAsync(reason, cancellationToken);

    /// <summary>Ends the connection; every pending request fails with the reason.</summary>
    public void End(string reason) => _connection.End(reason);

    /// <summary>Ends the connection of a node that will not be back.</summary>
    public void EndForGood(string reason)
    {
        GoneBecause = reason;
        End(reason);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    bool IFrameHandler.Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
    {
        if (frame.Type == MessageType.Leave)
        {
            return true;
        }

        if (!MessageRule.Of(frame.Type).Allows(Senders.Node, Phases.Session))
        {
            ProtocolException.Throw(ProtocolError.UnexpectedMessage, $"node {NodeId} sent {frame.Type}");
        }

        if (!TryTake(frame, out PendingReply? pending))
        {
            Interlocked.Increment(ref _dropped);
            return false;
        }

        _receiving = pending;
        if (frame.Type != MessageType.TaskFailed)
        {
            pending.Accept(frame, destinations);
        }

        return true;
    }

    ValueTask IFrameHandler.HandleAsync(IncomingFrame frame, CancellationToken cancellationToken)
    {
        if (frame.Type == MessageType.Leave)
        {
            EndForGood($"it left: {Printable.Escape(frame.Read<Leave>().ToString())}");
            return ValueTask.CompletedTask;
        }

        PendingReply pending = _receiving!;
        if (frame.Type == MessageType.TaskFailed)
        {
            TaskFailed failure = frame.Read<TaskFailed>();
            pending.Fail(new TaskFailedException(NodeId, failure.Code, failure.Text) { Unfit = failure.Unfit });
        }
        else
        {
            pending.Complete(frame);
        }

        _receiving = null;
        return ValueTask.CompletedTask;
    }

    private ulong Register(PendingReply pending)
    {
        ulong id = Interlocked.Increment(ref _lastRequestId);
        _pending[id] = pending;
        return id;
    }

    private Task SendAsync<T>(T request, ulong id, ReadOnlyMemory<EncodedTensor> tensors, CancellationToken cancellationToken)
        where T : IMessage<T> => _connection.Reason is { } reason
            ? throw new ConnectionLostException(reason.Message, reason)
            : _connection.SendAsync(request, id, tensors, _encoding, cancellationToken);

    /// <summary>
    /// Takes the pending entry that a reply matches and puts the request's next expected reply in its place. A
    /// duplicate must not be received into memory that the step already uses.
    /// </summary>
    private bool TryTake(IncomingFrame frame, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out PendingReply? pending)
    {
        if (!_pending.TryGetValue(frame.RequestId, out pending) || frame.Type == pending.Answered)
        {
            return false;
        }

        return pending.Next is { } next && frame.Type != MessageType.TaskFailed
            ? _pending.TryUpdate(frame.RequestId, next, pending)
            : _pending.TryRemove(frame.RequestId, out _);
    }

    private abstract class PendingReply
    {
        /// <summary>The next expected reply of the same request.</summary>
        public PendingReply? Next { get; init; }

        /// <summary>The previous reply of the same request; a repetition of it is a duplicate.</summary>
        public MessageType? Answered { get; init; }

        public abstract void Accept(IncomingFrame frame, Span<Memory<byte>> destinations);

        public abstract void Complete(IncomingFrame frame);

        public abstract void Fail(Exception e);
    }

    private sealed class PendingReply<TReply>(ExpectedTensor[] expected) : PendingReply
        where TReply : IMessage<TReply>
    {
        // Continuations run inline in the receiving loop, because switching threads costs more than all their work.
        // They must neither compute nor block; the scheduler leaves the loop after the last visit.
        private readonly TaskCompletionSource<TReply> _reply = new();

        public Task<TReply> Reply => _reply.Task;

        public override void Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
        {
            if (frame.Type != TReply.Type || frame.Tensors.Count != expected.Length)
            {
                ProtocolException.Throw(
                    ProtocolError.UnexpectedMessage,
                    $"the reply is {frame.Type} with {frame.Tensors.Count} tensors where {TReply.Type} with {expected.Length} was expected");
            }

            for (int i = 0; i < expected.Length; i++)
            {
                ExpectedTensor tensor = expected[i];
                if (!tensor.Fits(frame.Tensors[i]))
                {
                    ProtocolException.Throw(
                        ProtocolError.MalformedTensor,
                        $"got {frame.Tensors[i]} where {tensor.Name} {tensor.Type}[{string.Join(',', tensor.Shape)}] was expected");
                }

                destinations[i] = tensor.DestinationOf(frame.Tensors[i]);
            }
        }

        public override void Complete(IncomingFrame frame) => _reply.TrySetResult(frame.Read<TReply>());

        public override void Fail(Exception e) => _reply.TrySetException(e);
    }
}
