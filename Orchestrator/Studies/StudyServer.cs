using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Security;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>Serves workers, local and remote, over the same wire protocol and handshake as nodes.</summary>
internal sealed class StudyServer : IAsyncDisposable
{
    // One connection each; more would contend for the queue.
    private const int MaxWorkers = 1024;
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan HeartbeatTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan FarewellTimeout = TimeSpan.FromSeconds(5);

    private readonly StudyQueue _queue;
    private readonly StudyFolder _folder;
    private readonly Action<string, string> _changed;
    private readonly ILogger _logger;
    private readonly Listener _listener;
    private readonly OrchestratorSecurity _security;
    private readonly TlsAcceptor _acceptor;
    private readonly Authentication _authentication;
    private readonly string _session = Guid.NewGuid().ToString("N");
    private readonly ConcurrentDictionary<Connection, bool> _workers = new();

    private StudyServer(Listener listener, OrchestratorSecurity security, StudyQueue queue, StudyFolder folder, Action<string, string> changed, ILogger logger)
    {
        _listener = listener;
        _queue = queue;
        _folder = folder;
        _changed = changed;
        _logger = logger;
        _security = security;
        _acceptor = new TlsAcceptor(security.Tls, MaxWorkers, ConnectionOptions.DefaultHandshakeTimeout);
        _authentication = new Authentication(security, _session);
    }

    public IPEndPoint Endpoint => _listener.Endpoint;

    /// <summary>Starts to listen.</summary>
    /// <param name="endpoint">Host and port; 0 for any port.</param>
    /// <param name="security">How workers are authenticated.</param>
    /// <param name="queue">The runs.</param>
    /// <param name="folder">The study folder.</param>
    /// <param name="changed">Called after a change with the run's name and a description; from any thread.</param>
    /// <param name="logger">The study's log.</param>
    /// <exception cref="UserErrorException">The address cannot be bound.</exception>
    public static StudyServer Start(
        (string Host, int Port) endpoint, OrchestratorSecurity security, StudyQueue queue, StudyFolder folder, Action<string, string> changed, ILogger logger)
    {
        var listener = Listener.Bind(endpoint.Host, endpoint.Port, MaxWorkers, new OrchestratorLog(logger));
        var server = new StudyServer(listener, security, queue, folder, changed, logger);
        listener.Start(server.ServeAsync);
        return server;
    }

    /// <summary>Tells all workers that the study is complete, or to stop their runs.</summary>
    public async Task ShutdownAsync(string reason)
    {
        await _listener.StopAsync();
        using var deadline = new CancellationTokenSource(FarewellTimeout);
        await Task.WhenAll(_workers.Keys.Select(c => c.SayFarewellAsync(reason, deadline.Token)));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _listener.StopAsync();
        foreach (Connection connection in _workers.Keys)
        {
            connection.End("the study ends");
        }

        await _listener.DisposeAsync();
    }

    private async Task ServeAsync(Socket socket, string peer, PendingHandshakes.HandshakeSlot place, CancellationToken stopping)
    {
        _security.Refresh(_logger);
        WorkerHello? hello = null;
        await using Connection? connection = await _acceptor.AdmitAsync(
            socket,
            peer,
            place,
            async (visitor, token) =>
            {
                hello = (await visitor.Connection.ReadHandshakeAsync(WireLimits.Handshake, token)).Read<WorkerHello>();
                return await AdmitAsync(visitor, hello, token);
            },
            stopping);
        if (connection is null)
        {
            return;
        }

        var desk = new WorkerService(hello!, connection, _queue, _folder, _changed, _logger);
        _workers[connection] = true;
        _logger.WorkerJoined(hello!.Name, peer);
        ConnectionLostException reason = await connection.RunAsync(
            desk, new ConnectionOptions(HeartbeatInterval, HeartbeatTimeout, TensorEncodingOptions.Raw) { Limits = WireLimits.Study });
        _workers.TryRemove(connection, out _);
        _logger.WorkerLeft(hello.Name, reason.Message);
        desk.Close(_listener.IsStopping ? null : reason.Message);
    }

    private async Task<Connection?> AdmitAsync(ConnectedPeer visitor, WorkerHello hello, CancellationToken cancellationToken)
    {
        (Reject? refusal, string? proof) = await _authentication.CheckAsync(visitor, Claim.OfWorker(hello), cancellationToken);
        refusal ??= hello.Software == ProductInfo.Software
            ? null
            : new Reject(RejectCodes.Capability, $"this study is run by {ProductInfo.Software}, the worker is {hello.Software}; use the same version", Final: true);
        if (refusal is not null)
        {
            _logger.WorkerRefused(hello.Name, visitor.Connection.Peer, refusal.Text);
            await visitor.Connection.SendAsync(refusal, cancellationToken);
            return null;
        }

        await visitor.Connection.SendAsync(new WorkerWelcome(_session, _queue.Identity, HeartbeatInterval, HeartbeatTimeout, proof), cancellationToken);
        return visitor.Connection;
    }
}
