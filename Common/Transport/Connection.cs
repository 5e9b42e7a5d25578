using System.Diagnostics;
using System.Net.Sockets;
using TraversalLearning.Messages;
using TraversalLearning.Tensors;
using TraversalLearning.Wire;

namespace TraversalLearning.Transport;

/// <summary>
/// One connection over one socket: sends and receives frames, and sends heartbeats. It does not interpret messages and
/// never reconnects. The first failure ends it, with one reason.
/// </summary>
public sealed class Connection : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly TimeProvider _time;
    private readonly FrameReader _reader;
    private readonly FrameWriter _writer;
    private readonly SemaphoreSlim _sendLock = new(1, 1);
    private readonly CancellationTokenSource _ended = new();
    private ConnectionLostException? _reason;
    private Task? _run;
    private long _bytesSent;

    /// <summary>Takes ownership of <paramref name="stream"/>.</summary>
    /// <param name="stream">A connected stream.</param>
    /// <param name="peer">The peer's address, for messages.</param>
    /// <param name="time">The clock.</param>
    public Connection(Stream stream, string peer, TimeProvider? time = null)
    {
        _stream = stream;
        _time = time ?? TimeProvider.System;
        _reader = new FrameReader(stream, _time);
        _writer = new FrameWriter(stream, _time);
        Peer = peer;
    }

    /// <summary>The peer's address.</summary>
    public string Peer { get; }

    /// <summary>Bytes sent so far.</summary>
    public long BytesSent => Interlocked.Read(ref _bytesSent);

    /// <summary>Bytes received so far.</summary>
    public long BytesReceived => _reader.BytesRead;

    /// <summary>Time spent on checksums and decompression of what was received so far, in ticks of <see cref="Stopwatch"/>.</summary>
    public long DecodeTicks => _reader.DecodeTicks;

    /// <summary>Time spent waiting for bytes from the peer; zero while received bytes are being processed.</summary>
    public TimeSpan Silence => _reader.Waiting;

    /// <summary>Why the connection ended; <see langword="null"/> while it is open.</summary>
    public ConnectionLostException? Reason => Volatile.Read(ref _reason);

    /// <summary>Is told of every frame before it leaves, and may refuse it. Not to be replaced during a send.</summary>
    public IOutgoingFrames? Outgoing { get; set; }

    /// <summary>Sends a message that has no tensors and is not a request.</summary>
    /// <inheritdoc cref="SendAsync{T}(T, ulong, ReadOnlyMemory{EncodedTensor}, TensorEncodingOptions?, long, CancellationToken)"/>
    public Task SendAsync<T>(T message, CancellationToken cancellationToken)
        where T : IMessage<T> => SendAsync(message, 0, default, null, cancellationToken);

    /// <summary>Sends a message that was not computed from samples.</summary>
    /// <inheritdoc cref="SendAsync{T}(T, ulong, ReadOnlyMemory{EncodedTensor}, TensorEncodingOptions?, long, CancellationToken)"/>
    public Task SendAsync<T>(
        T message,
        ulong requestId,
        ReadOnlyMemory<EncodedTensor> tensors,
        TensorEncodingOptions? encoding,
        CancellationToken cancellationToken)
        where T : IMessage<T> => SendAsync(message, requestId, tensors, encoding, 0, cancellationToken);

    /// <summary>Sends one frame. Concurrent sends do not interleave; a slow peer blocks the caller.</summary>
    /// <param name="message">The message.</param>
    /// <param name="requestId">The request that it is or answers; 0 for neither.</param>
    /// <param name="tensors">Its tensors.</param>
    /// <param name="encoding">Measures the link's speed by this send.</param>
    /// <param name="rows">Samples behind the message, for <see cref="Outgoing"/>.</param>
    /// <param name="cancellationToken">Cancels the send.</param>
    /// <exception cref="ConnectionLostException">The connection ended before or during this send.</exception>
    /// <exception cref="OperationCanceledException">Cancelled. If part of the frame was already sent, the connection has ended.</exception>
    /// <exception cref="Exception">What <see cref="Outgoing"/> threw. Nothing was sent, and the connection goes on.</exception>
    public async Task SendAsync<T>(
        T message,
        ulong requestId,
        ReadOnlyMemory<EncodedTensor> tensors,
        TensorEncodingOptions? encoding,
        long rows,
        CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ended.Token);
        try
        {
            await _sendLock.WaitAsync(linked.Token);
        }
        catch (OperationCanceledException) when (Reason is { } reason && !cancellationToken.IsCancellationRequested)
        {
            throw new ConnectionLostException(reason.Message, reason);
        }

        bool asking = false;
        try
        {
            long length = _writer.Begin(message, requestId, tensors.Span);
            if (Outgoing is { } outgoing && T.Type != MessageType.Heartbeat)
            {
                asking = true;
                outgoing.Leaving(new OutgoingFrame(T.Type, (message as IHasStep)?.Step, tensors, length, rows));
                asking = false;
            }

            long start = Stopwatch.GetTimestamp();
            long sent = await _writer.WriteBegunAsync(tensors, linked.Token);
            Interlocked.Add(ref _bytesSent, sent);
            encoding?.Compression.RecordSend(sent, Stopwatch.GetElapsedTime(start));
        }
        catch (Exception e) when (!asking)
        {
            // Half a frame may have been sent; the stream cannot be used after that.
            ConnectionLostException reason = End(Describe(e), e);
            cancellationToken.ThrowIfCancellationRequested();
            throw new ConnectionLostException(reason.Message, e);
        }
        finally
        {
            _sendLock.Release();
        }
    }

    /// <summary>Reads one frame without tensors during a handshake, before <see cref="RunAsync"/>.</summary>
    /// <exception cref="ConnectionLostException">The connection ended.</exception>
    /// <exception cref="ProtocolException">The bytes are not a valid frame without tensors.</exception>
    public async Task<IncomingFrame> ReadHandshakeAsync(WireLimits limits, CancellationToken cancellationToken)
    {
        try
        {
            return await _reader.ReadAsync(limits, cancellationToken)
                ?? throw new ConnectionLostException("the peer closed the connection during the handshake");
        }
        catch (Exception e) when (e is SocketException or IOException and not ConnectionLostException)
        {
            throw new ConnectionLostException(Describe(e), e);
        }
    }

    /// <summary>Receives frames and sends heartbeats until the connection ends. Call once.</summary>
    /// <returns>Why it ended. Never faults because of the peer or the network.</returns>
    public Task<ConnectionLostException> RunAsync(IFrameHandler handler, ConnectionOptions options)
    {
        Task<ConnectionLostException> run = RunCoreAsync(handler, options);
        _run = run;
        return run;
    }

    /// <summary>Ends the connection. The first reason is kept.</summary>
    public ConnectionLostException End(string reason, Exception? cause = null)
    {
        var lost = new ConnectionLostException(reason, cause);
        lost = Interlocked.CompareExchange(ref _reason, lost, null) ?? lost;
        _ended.Cancel();
        return lost;
    }

    /// <summary>Ends the connection and waits for its tasks; no destination memory is written to afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        End("this side closed the connection");
        if (_run is not null)
        {
            await _run;
        }

        await _sendLock.WaitAsync();
        _sendLock.Release();
        await _stream.DisposeAsync();
    }

    private async Task<ConnectionLostException> RunCoreAsync(IFrameHandler handler, ConnectionOptions options)
    {
        Task heartbeats = HeartbeatAsync(options, _ended.Token);
        ConnectionLostException reason;
        try
        {
            await ReceiveAsync(handler, options.Limits, _ended.Token);
            reason = End("the peer closed the connection");
        }
        catch (Exception e)
        {
            reason = End(Describe(e), e);
        }

        await heartbeats;
        return reason;
    }

    private async Task ReceiveAsync(IFrameHandler handler, WireLimits limits, CancellationToken cancellationToken)
    {
        var destinations = new Memory<byte>[TensorSection.MaxTensors];
        while (await _reader.ReadAsync(limits, cancellationToken) is { } frame)
        {
            // Frames may still be in the reader's buffer after the connection has ended; they are discarded.
            cancellationToken.ThrowIfCancellationRequested();
            bool accepted = frame.Type != MessageType.Heartbeat && handler.Accept(frame, destinations.AsSpan(0, frame.Tensors.Count));
            for (int i = 0; i < frame.Tensors.Count; i++)
            {
                if (accepted && !destinations[i].IsEmpty)
                {
                    await _reader.ReadTensorAsync(frame.Tensors[i], destinations[i], cancellationToken);
                }
                else
                {
                    await _reader.SkipTensorAsync(frame.Tensors[i], cancellationToken);
                }
            }

            Array.Clear(destinations);
            if (accepted)
            {
                await handler.HandleAsync(frame, cancellationToken);
            }
        }
    }

    private async Task HeartbeatAsync(ConnectionOptions options, CancellationToken cancellationToken)
    {
        // The shortest period of a timer is one millisecond.
        long ticks = Math.Min(options.HeartbeatInterval.Ticks, options.HeartbeatTimeout.Ticks / 4);
        var period = TimeSpan.FromTicks(Math.Max(ticks, TimeSpan.TicksPerMillisecond));
        using var timer = new PeriodicTimer(period, _time);
        Task sending = Task.CompletedTask;
        long lastSent = _time.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (_reader.Waiting > options.HeartbeatTimeout)
                {
                    End($"no sign of life from {Peer} for {options.HeartbeatTimeout.TotalSeconds:0.#} s");
                    break;
                }

                // The handler is blocked in a reply that the peer does not read, so nothing is read here and silence would go unnoticed.
                // A peer that sends without reading is alive: it is computing.
                if (_writer.Waiting > options.HeartbeatTimeout && _reader.Idle > options.HeartbeatTimeout)
                {
                    End($"{Peer} has taken no bytes for {options.HeartbeatTimeout.TotalSeconds:0.#} s");
                    break;
                }

                // Not awaited: a peer that does not read must not keep this loop from noticing its silence.
                if (sending.IsCompleted && _sendLock.CurrentCount > 0 && _time.GetElapsedTime(lastSent) >= options.HeartbeatInterval - (period / 2))
                {
                    lastSent = _time.GetTimestamp();
                    sending = SendHeartbeatAsync(cancellationToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The connection has ended.
        }

        await sending;
    }

    private async Task SendHeartbeatAsync(CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(Heartbeat.Instance, cancellationToken);
        }
        catch (Exception e) when (e is ConnectionLostException or OperationCanceledException)
        {
            // The connection has already ended; RunAsync reports the reason.
        }
    }

    private static string Describe(Exception e) => e switch
    {
        ProtocolException p => $"protocol error ({p.Error}): {p.Message}",
        OperationCanceledException => "this side closed the connection",
        IOException { InnerException: SocketException s } => s.Message,
        ObjectDisposedException => "this side closed the connection",
        _ => e.Message,
    };
}
