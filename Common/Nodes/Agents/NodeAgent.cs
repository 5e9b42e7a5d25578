using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using TraversalLearning.Data;
using TraversalLearning.Data.Tables;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Nodes.Tasks;
using TraversalLearning.Records;
using TraversalLearning.Security;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Agents;

/// <summary>
/// A node: connects, authenticates and serves tasks. It reconnects when the connection or the orchestrator is lost, until
/// training has ended. Its latest results survive a lost connection, but not the end of the session.
/// </summary>
public sealed class NodeAgent : IDisposable
{
    private readonly NodeOptions _options;
    private readonly NodeShard _shard;
    private readonly ComputePool _pool;
    private readonly NodeCrowd? _crowd;
    private readonly OrchestratorConnector _entrance;
    private readonly ILogger _log;
    private readonly NodeMeter _meter;
    private readonly GroupKeys _groupKeys;
    private TaskProcessor? _processor;
    private BlindMember? _blind;
    private readonly RunLedgers _ledgers;
    private Welcome? _session;
    private PolicyGuard? _guard;
    private X509Certificate2? _certificate;
    private RecordContext? _peer;
    private bool _wasAdmitted;

    /// <summary>Creates a node that holds <paramref name="samples"/>.</summary>
    /// <exception cref="TableException">The rules on what is told exclude a column, or too few rows are left.</exception>
    public NodeAgent(NodeOptions options, SampleSet samples, int classCount, ILogger log)
        : this(
            options,
            new HostedSamples(samples, [NodeShard.Whole(options.NodeId, samples, classCount) with { Metadata = options.Metadata, Dealt = options.Dealt }]).Told(options.Policy.Current.Tables),
            log)
    {
    }

    private NodeAgent(NodeOptions options, HostedSamples own, ILogger log)
        : this(options, own.Shards[0], new ComputePool(own.Set, options.Device, shared: false, options.MaxModelBytes), log, new NodeMeter())
    {
    }

    /// <summary>Creates one of several nodes in this process.</summary>
    /// <param name="options">The node's settings.</param>
    /// <param name="shard">The node's samples among those of the process.</param>
    /// <param name="pool">Compute units, shared by all nodes.</param>
    /// <param name="log">The log.</param>
    /// <param name="meter">Resource counters, shared by all nodes.</param>
    /// <param name="crowd">The nodes of this process; <see langword="null"/> for a single node.</param>
    internal NodeAgent(
        NodeOptions options, NodeShard shard, ComputePool pool, ILogger log, NodeMeter meter, NodeCrowd? crowd = null)
    {
        _options = options;
        _shard = shard;
        _pool = pool;
        _log = log;
        _meter = meter;
        _crowd = crowd;
        StateFolder = options.StateFolder is { } folder && crowd is not null ? Path.Combine(folder, NodeCertificate.NameOf(shard.NodeId)) : options.StateFolder;
        _groupKeys = new GroupKeys(StateFolder);
        _ledgers = new RunLedgers(options.StateFolder is { } state ? Path.Combine(state, "consent") : null, shard.NodeId, options.Clock);
        Hello hello = HelloOf(shard, pool.Samples);
        if (shard.KeptBack is { } keptBack)
        {
            log.KeepsBack(keptBack);
        }

        var handshake = new ClientHandshake(
            options.Host, shard.NodeId, (connection, channel, nonce, token) => IntroduceAsync(connection, channel, hello with { Nonce = nonce }, token), options.Security);
        _entrance = new OrchestratorConnector(options.Host, options.Port, handshake, options.HandshakeTimeout, options.Tap, options.Proxy);
    }

    /// <summary>The node's θ in a blind run; <see langword="null"/> before it begins. Use it only while no task is under way.</summary>
    public BlindReplica? Replica => _blind?.Replica;

    private string? StateFolder { get; }

    private string Endpoint => $"{_options.Host}:{_options.Port}";

    /// <summary>Runs until the orchestrator ends the session.</summary>
    /// <exception cref="NodeRejectedException">The orchestrator rejected this node permanently.</exception>
    /// <exception cref="PeerAuthenticationException">The orchestrator failed to authenticate, and this node was never admitted by a valid one.</exception>
    /// <exception cref="ProxyRefusedException">The proxy refuses to connect, and this node was never admitted.</exception>
    /// <exception cref="ConnectionLostException">The orchestrator was unreachable for the connect timeout.</exception>
    /// <exception cref="RecordException">The record of what leaves cannot be written; the orchestrator has been told.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        long lastContact = TimeProvider.System.GetTimestamp();
        for (int attempt = 0; ; attempt++)
        {
            _log.Connecting(Endpoint);
            ConnectionEnd end = await ConnectOnceAsync(cancellationToken);
            if (end.Farewell is not null)
            {
                if (_crowd is null)
                {
                    _log.Figures(_meter.Read());
                }

                return;
            }

            if (end.WasAdmitted)
            {
                attempt = 0;
                lastContact = TimeProvider.System.GetTimestamp();
            }

            if (_options.ConnectTimeout is { } limit && TimeProvider.System.GetElapsedTime(lastContact) > limit)
            {
                throw new ConnectionLostException($"no orchestrator at {Endpoint} for {limit.TotalSeconds:0} s ({end.Reason})");
            }

            await DelayAsync(end, attempt, cancellationToken);
        }
    }

    /// <summary>Connects once, and serves the orchestrator until the connection ends.</summary>
    /// <inheritdoc cref="RunAsync"/>
    internal async Task<ConnectionEnd> ConnectOnceAsync(CancellationToken cancellationToken)
    {
        OrchestratorAnswer? answer = null;
        try
        {
            _options.Security.Refresh(_log);
            (Connection admitted, answer) = await AdmitInTurnAsync(cancellationToken);
            await using Connection connection = admitted;
            if (answer.Reject is not null)
            {
                return new ConnectionEnd(connection.Reason!.Message, answer);
            }

            _wasAdmitted = true;
            _options.Admitted?.Invoke(connection, answer);
            Shutdown? farewell = answer.Welcome is { } welcome
                ? await ServeAsync(connection, welcome, cancellationToken)
                : await DescribeTableAsync(connection, answer.Prepare!, cancellationToken);
            if (farewell is not null)
            {
                _log.ShutDown(farewell.Reason);
                _crowd?.Leave();
            }

            return new ConnectionEnd(connection.Reason!.Message, answer, farewell);
        }
        catch (PolicyException e)
        {
            _log.Refuses(e.Code, e.Text);
            throw;
        }
        catch (Exception e) when (e is PeerAuthenticationException or ProxyRefusedException && !_wasAdmitted)
        {
            // No retry before the first admission: the flags are probably wrong. Later, another program may hold the port for a while.
            throw;
        }
        catch (Exception e) when (e is SocketException or ConnectionLostException or ProtocolException or TimeoutException
            or PeerAuthenticationException or ProxyRefusedException)
        {
            return new ConnectionEnd(e.Message, answer);
        }
    }

    /// <summary>Waits before the next attempt to connect, and logs why.</summary>
    /// <param name="end">The last attempt.</param>
    /// <param name="attempt">Attempts since the last admission.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    internal Task DelayAsync(ConnectionEnd end, int attempt, CancellationToken cancellationToken)
    {
        TimeSpan delay = Backoff.Delay(attempt, Random.Shared.NextDouble());
        if (end.Answer?.Reject is { } reject)
        {
            _log.Rejected(reject.Code, reject.Text);
        }

        if (end.Answer?.Prepare is not null)
        {
            _log.ComesBack(Endpoint, end.Reason, delay);
        }
        else
        {
            _log.ConnectFailed(Endpoint, end.Reason, delay);
        }

        return Task.Delay(delay, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        LeaveSession();
        _groupKeys.Dispose();
    }

    private async Task<(Connection Connection, OrchestratorAnswer Answer)> AdmitInTurnAsync(CancellationToken cancellationToken)
    {
        if (_crowd is null)
        {
            return await _entrance.EnterAsync(cancellationToken);
        }

        await _crowd.Door.WaitAsync(cancellationToken);
        try
        {
            return await _entrance.EnterAsync(cancellationToken);
        }
        finally
        {
            _crowd.Door.Release();
        }
    }

    /// <summary>Introduces the node, unless its policy does not allow this orchestrator: then it says nothing of its samples.</summary>
    private async Task IntroduceAsync(Connection connection, SecureChannel channel, Hello hello, CancellationToken cancellationToken)
    {
        _certificate = channel.PeerCertificate;
        _peer = new RecordContext(Endpoint, _certificate?.GetNameInfo(X509NameType.DnsName, forIssuer: false), _shard.NodeId);
        connection.Outgoing = FramesOf(_peer);
        try
        {
            PolicyGuard.RequireOrchestrator(_options.Policy.Current, _certificate, _options.Clock);
        }
        catch (PolicyException e)
        {
            await connection.SendAsync(new Decline(_shard.NodeId, e.Code, e.Text), cancellationToken);
            throw;
        }

        await connection.SendAsync(hello, 0, default, null, _shard.Count, cancellationToken);
    }

    private async Task<Shutdown?> ServeAsync(Connection connection, Welcome welcome, CancellationToken cancellationToken)
    {
        var options = new ConnectionOptions(welcome.HeartbeatInterval, welcome.HeartbeatTimeout, _options.Encoding);
        TaskProcessor processor = await OrLeaveAsync(connection, options, () => ProcessorFor(welcome), cancellationToken);
        _log.Admitted(welcome.Session, processor.Setup);
        _crowd?.Enter(welcome.Session, processor.Setup);
        connection.Outgoing = new GuardedFrames(_guard!, FramesOf(PeerIn(welcome.Session, processor.Setup)));
        using var session = NodeSession.OfRun(
            connection, processor, _options.Encoding, _log, _meter, _shard.Metadata.Entries.Count > 0 ? _shard.Metadata.ToJson() : null, _blind, _guard);
        await using (cancellationToken.Register(() => connection.End("this node is being stopped")))
        {
            ConnectionLostException reason = await connection.RunAsync(session, options);
            _guard?.Write();
            SettleRecord();
            cancellationToken.ThrowIfCancellationRequested();
            if (session.Refusal is { } refusal)
            {
                _crowd?.Leave();
                throw refusal;
            }

            if (session.Shutdown is null)
            {
                _log.Lost(reason.Message);
                _crowd?.Leave();
            }

            return session.Shutdown;
        }
    }

    /// <summary>Sends the table's statistics while a run is being prepared.</summary>
    private async Task<Shutdown?> DescribeTableAsync(Connection connection, Prepare prepare, CancellationToken cancellationToken)
    {
        LeaveSession();
        connection.Outgoing = FramesOf(PeerIn(prepare.Session, setup: null));
        var options = new ConnectionOptions(prepare.HeartbeatInterval, prepare.HeartbeatTimeout, _options.Encoding);
        string table = await OrLeaveAsync(connection, options, StatisticsOfTable, cancellationToken);
        using var session = NodeSession.OfPreparation(connection, table, _shard.Count);
        _log.TableDescribed(prepare.Session);
        await using (cancellationToken.Register(() => connection.End("this node is being stopped")))
        {
            await connection.RunAsync(session, options);
            SettleRecord();
            cancellationToken.ThrowIfCancellationRequested();
            return session.Refusal is { } refusal ? throw refusal : session.Shutdown;
        }
    }

    /// <summary>Who is told of each frame; the record comes last, when nobody else can refuse the frame.</summary>
    private IOutgoingFrames? FramesOf(RecordContext peer) => OutgoingChain.Of(_options.Outgoing, _options.Record?.Of(peer));

    private RecordContext PeerIn(string session, TrainingSetup? setup) =>
        _peer! with { Run = session, Algorithm = setup?.Terms?.Algorithm, Exchange = setup?.Exchange.ToWord() };

    /// <summary>A session is over: what left is on the disk, and the log says where the record ends. With several nodes, that is done for all of them.</summary>
    private void SettleRecord()
    {
        if (_crowd is null && _options.Record is { } record)
        {
            record.Sync();
            _log.RecordEnds(record.Head);
        }
    }

    /// <summary>How a node introduces itself.</summary>
    internal static Hello HelloOf(NodeShard shard, SampleSet samples) => new(
        shard.NodeId,
        shard.Count,
        shard.Traits.Shape,
        shard.Traits.Element.Word(),
        shard.ClassCount,
        shard.Fingerprint,
        string.Join(',', Capabilities(samples)),
        ProductInfo.Software)
    {
        Range = shard.Traits.Range,
        Dealt = shard.Dealt is var (how, all) ? (how.ToString(), all) : null,
    };

    private static IEnumerable<string> Capabilities(SampleSet samples) =>
    [
        Hello.Lz4Capability, Hello.LocalCapability, Hello.TurnCapability, Hello.GossipCapability, Hello.LossCapability, Hello.AugmentationCapability,
        Hello.ValidationCapability, Hello.BlindCapability, .. samples.Table is null ? [] : (string[])[Hello.TableCapability],
    ];

    /// <summary>Runs a step that may show that this node cannot take part. If so, reports why, so that the orchestrator need not wait.</summary>
    private static async Task<T> OrLeaveAsync<T>(Connection connection, ConnectionOptions options, Func<T> begin, CancellationToken cancellationToken)
    {
        try
        {
            return begin();
        }
        catch (NodeUnfitException e)
        {
            await LeavingSession.LeaveAsync(connection, options, new Leave(e.Reason), cancellationToken);
            throw;
        }
        catch (PolicyException e)
        {
            await LeavingSession.LeaveAsync(connection, options, new Leave(e.Text, e.Code), cancellationToken);
            throw;
        }
    }

    private string StatisticsOfTable()
    {
        if (_pool.Samples.Table is null)
        {
            throw new NodeUnfitException("data", "it asks what this node's table is like, and the node has none");
        }

        try
        {
            return TableStatistics.Of(_pool.Samples.Select([.. Enumerable.Range(_shard.Start, _shard.Count)]), _options.Policy.Current.Tables).ToJson();
        }
        catch (TableException e)
        {
            throw new NodeUnfitException("data", e.Message, e);
        }
    }

    private TaskProcessor ProcessorFor(Welcome welcome)
    {
        Welcome session = ComputePool.KeyOf(welcome);
        if (_processor is not null && session == _session)
        {
            return _processor;
        }

        LeaveSession();
        if (_options.RequiresState && StateFolder is null && ExchangeKind.Find(welcome.Exchange) is { IsBlind: true })
        {
            throw new NodeUnfitException("state", "this node has no --state_dir, in which it would keep the key and the model of a blind run");
        }

        try
        {
            _guard = new PolicyGuard(_options.Policy, welcome.Session, TrainingSetup.From(welcome), _shard.Count, _ledgers, () => _certificate, _options.Clock);
            _processor = new TaskProcessor(_pool.Join(session), _shard.Start, _shard.Count, _shard.NodeId, _guard);
            _session = session;
            _blind = _processor.Setup.Exchange.Kind().IsBlind ? new BlindMember(_processor.Unit, _processor.Own, BlindSettingsOf()) : null;
            return _processor;
        }
        catch (ModelException e)
        {
            throw new NodeUnfitException("model", e.Message, e);
        }
    }

    private BlindSettings BlindSettingsOf() => new()
    {
        Tls = _options.Security.Tls,
        Keys = _groupKeys,
        StateFolder = StateFolder,
        Policy = _options.Policy,
        Test = () => _options.Test(_shard.NodeId) is { } test ? OfKnownClasses(test) : null,
    };

    /// <summary>Test samples whose class the model has. Without rules on what is told, another class is an error, which names it to the orchestrator.</summary>
    private SampleSet OfKnownClasses(SampleSet test) => !_options.Policy.Current.Tables.TellEverything && _processor!.Setup.Preparation is { } preparation
        ? PreparedRows.OfKnownClasses(preparation, test)
        : test;

    private void LeaveSession()
    {
        if (_processor is not null)
        {
            _blind?.Dispose();
            _blind = null;
            _processor.Dispose();
            _processor = null;
            _pool.Leave(_session!);
        }
    }
}
