using System.Net.Sockets;
using NLog;
using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes;

/// <summary>
/// A node: connects, introduces itself, serves tasks, and connects again when the connection or the orchestrator is lost, until
/// it is told that training is over. What it computed last outlives a lost connection, not the end of the session.
/// </summary>
public sealed class NodeAgent : IDisposable
{
    private static readonly TimeSpan ConnectAttemptTimeout = TimeSpan.FromSeconds(10);

    private readonly NodeOptions _options;
    private readonly ImageSet _images;
    private readonly Hello _hello;
    private readonly NodeLog _log;
    private TaskProcessor? _processor;
    private string _session = string.Empty;

    /// <summary>A node that holds <paramref name="images"/>.</summary>
    public NodeAgent(NodeOptions options, ImageSet images, int classCount, Logger logger)
    {
        _options = options;
        _images = images;
        _log = new NodeLog(logger);
        _hello = new Hello(
            options.NodeId, images.Count, [1, images.Rows, images.Columns], classCount, images.Fingerprint(), Hello.Lz4Capability, ProductInfo.Software);
    }

    private string Endpoint => $"{_options.Host}:{_options.Port}";

    /// <summary>Runs until the orchestrator's farewell.</summary>
    /// <exception cref="NodeRejectedException">The orchestrator refused this node for good.</exception>
    /// <exception cref="ConnectionLostException">The orchestrator could not be reached for the connect timeout.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        long lastContact = TimeProvider.System.GetTimestamp();
        for (int attempt = 0; ; attempt++)
        {
            string reason;
            try
            {
                _log.Connecting(Endpoint);
                await using Connection connection = await ConnectAsync(cancellationToken);
                if (await IntroduceAsync(connection, cancellationToken) is { } welcome)
                {
                    attempt = 0;
                    Shutdown? farewell = await ServeAsync(connection, welcome, cancellationToken);
                    lastContact = TimeProvider.System.GetTimestamp();
                    if (farewell is not null)
                    {
                        _log.ShutDown(farewell.Reason);
                        return;
                    }
                }

                reason = connection.Reason?.Message ?? "not admitted";
            }
            catch (Exception e) when (e is SocketException or ConnectionLostException or ProtocolException or TimeoutException)
            {
                reason = e.Message;
            }

            if (_options.ConnectTimeout is { } limit && TimeProvider.System.GetElapsedTime(lastContact) > limit)
            {
                throw new ConnectionLostException($"no orchestrator at {Endpoint} for {limit.TotalSeconds:0} s ({reason})");
            }

            TimeSpan delay = Backoff.Delay(attempt, Random.Shared.NextDouble());
            _log.ConnectFailed(Endpoint, reason, delay);
            await Task.Delay(delay, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _processor?.Dispose();

    private async Task<Connection> ConnectAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(ConnectAttemptTimeout);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(_options.Host, _options.Port, deadline.Token);
            SocketTuning.Apply(socket);
            return new Connection(new NetworkStream(socket, ownsSocket: true), Endpoint);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new TimeoutException($"no answer within {ConnectAttemptTimeout.TotalSeconds:0} s", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The handshake.</summary>
    /// <returns>The welcome, or <see langword="null"/> if it is worth trying again later.</returns>
    private async Task<Welcome?> IntroduceAsync(Connection connection, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(ConnectionOptions.HandshakeTimeout);
        try
        {
            await connection.SendAsync(_hello, deadline.Token);
            IncomingFrame frame = await connection.ReadHandshakeAsync(WireLimits.Admission, deadline.Token);
            if (frame.Type != MessageType.Reject)
            {
                return frame.Read<Welcome>();
            }

            Reject reject = frame.Read<Reject>();
            if (reject.Final)
            {
                throw new NodeRejectedException(reject.Code, reject.Text);
            }

            _log.Rejected(reject.Code, reject.Text);
            connection.End(reject.Text);
            return null;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no handshake within {ConnectionOptions.HandshakeTimeout.TotalSeconds:0} s", e);
        }
    }

    private async Task<Shutdown?> ServeAsync(Connection connection, Welcome welcome, CancellationToken cancellationToken)
    {
        TaskProcessor processor = ProcessorFor(welcome);
        _log.Admitted(welcome.Session, processor.Setup);
        var options = new ConnectionOptions(welcome.HeartbeatInterval, welcome.HeartbeatTimeout, _options.Encoding);
        using var session = new NodeSession(connection, processor, _options.Encoding, _log);
        await using (cancellationToken.Register(() => connection.End("this node is being stopped")))
        {
            ConnectionLostException reason = await connection.RunAsync(session, options);
            cancellationToken.ThrowIfCancellationRequested();
            if (session.Shutdown is null)
            {
                _log.Lost(reason.Message);
            }

            return session.Shutdown;
        }
    }

    private TaskProcessor ProcessorFor(Welcome welcome)
    {
        if (_processor is not null && string.Equals(_session, welcome.Session, StringComparison.Ordinal))
        {
            return _processor;
        }

        _processor?.Dispose();
        _processor = null;
        try
        {
            _processor = new TaskProcessor(TrainingSetup.From(welcome), _images, _options.Device);
            _session = welcome.Session;
            return _processor;
        }
        catch (ModelException e)
        {
            throw new NodeRejectedException("model", e.Message, e);
        }
    }
}
