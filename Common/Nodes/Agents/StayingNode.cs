using Microsoft.Extensions.Logging;
using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Security;
using TraversalLearning.Transport;

namespace TraversalLearning.Nodes.Agents;

/// <summary>
/// A node that goes on between runs. It tries its hubs in turn, with one connection each, and serves the one that admits it
/// until its session is over; then it is the next one's turn. A hub that refuses it, or that it refuses, never ends it.
/// </summary>
public sealed class StayingNode
{
    private readonly NodeOptions _common;
    private readonly NodeShard _shard;
    private readonly ComputePool _pool;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly Pulse _pulse;
    private readonly SemaphoreSlim _awake = new(0);
    private volatile HubTurn[] _turns;
    private HubTurn? _last;

    /// <summary>Creates a node that holds <paramref name="samples"/>.</summary>
    /// <param name="common">Settings at every hub.</param>
    /// <param name="hubs">The hubs, at least one.</param>
    /// <param name="samples">The samples.</param>
    /// <param name="log">The log.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="UserErrorException">The policy's rules on tables exclude the samples.</exception>
    public StayingNode(NodeOptions common, IReadOnlyList<Hub> hubs, SampleSet samples, ILogger log, TimeProvider? time = null)
    {
        _common = common;
        NodeShard whole = NodeShard.Whole(common.NodeId, samples, Math.Max(samples.ClassesSeen(), 1)) with { Metadata = common.Metadata, Dealt = common.Dealt };
        HostedSamples told = ErrorTable.ReadingData.Guard(() => new HostedSamples(samples, [whole]).Told(common.Policy.Current.Tables));
        if (told.Shards[0].KeptBack is { } keptBack)
        {
            log.KeepsBack(keptBack);
        }

        // Said once, and not with every connection.
        _shard = told.Shards[0] with { KeptBack = null };
        _pool = new ComputePool(told.Set, common.Device, shared: false, common.MaxModelBytes);
        _log = log;
        _time = time ?? TimeProvider.System;
        _pulse = new Pulse(_time);
        _turns = [.. hubs.Select(h => new HubTurn(h, _time))];
    }

    /// <summary>How long a hub whose connection was lost during a session has, to take the node back before it is another's turn.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(2);

    /// <summary>What the node does at each hub.</summary>
    public IReadOnlyList<HubStatus> Status => [.. _turns.Select(t => t.Status)];

    /// <summary>Whether the loop makes progress; false if it is stuck.</summary>
    public bool IsAlive => _pulse.IsBeating;

    /// <summary>Takes over a changed list of hubs, and tries all of them soon. A session goes on undisturbed.</summary>
    public void Reload(IReadOnlyList<Hub> hubs)
    {
        HubTurn[] old = _turns;
        _turns = [.. hubs.Select(h => Array.Find(old, t => t.Hub.Name == h.Name) ?? new HubTurn(h, _time))];
        foreach ((HubTurn turn, Hub hub) in _turns.Zip(hubs))
        {
            turn.Renew(hub);
        }

        _log.HubsRead(hubs.Count);
        _awake.Release();
    }

    /// <summary>Runs until cancelled.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            HubTurn turn = Next();
            TimeSpan wait = turn.Remaining;
            _pulse.Expect(wait);
            if (wait > TimeSpan.Zero && await _awake.WaitAsync(wait, cancellationToken))
            {
                continue; // The hubs have changed.
            }

            _last = turn;
            await TakeAsync(turn, cancellationToken);
        }
    }

    /// <summary>The first hub behind the last one whose turn has come, or that whose turn comes first.</summary>
    private HubTurn Next()
    {
        HubTurn[] turns = _turns;
        int first = Array.IndexOf(turns, _last) + 1;
        return Enumerable.Range(first, turns.Length).Select(i => turns[i % turns.Length]).MinBy(t => t.Remaining)!;
    }

    private async Task TakeAsync(HubTurn turn, CancellationToken cancellationToken)
    {
        try
        {
            await ServeAsync(turn, cancellationToken);
        }
        catch (Exception e) when (e is NodeRejectedException or PolicyException or PeerAuthenticationException or ProxyRefusedException or UserErrorException)
        {
            if (turn.Refuse(e.Message))
            {
                _log.HubRefused(turn.Hub.Name, e.Message);
            }
        }
    }

    private async Task ServeAsync(HubTurn turn, CancellationToken cancellationToken)
    {
        NodeOptions options = OptionsFor(turn);
        var meter = new NodeMeter();
        using var agent = new NodeAgent(options, _shard with { NodeId = options.NodeId }, _pool, _log, meter);
        bool wasAdmitted = false;
        long lastContact = _time.GetTimestamp();
        for (int attempt = 0; ; attempt++)
        {
            _pulse.Expect(options.HandshakeTimeout + OrchestratorConnector.AttemptTimeout);
            ConnectionEnd end = await agent.ConnectOnceAsync(cancellationToken);
            if (end.WasAdmitted)
            {
                (wasAdmitted, attempt, lastContact) = (true, 0, _time.GetTimestamp());
                turn.Lose(end.Reason);
            }

            if (end.Farewell is not null || !wasAdmitted || _time.GetElapsedTime(lastContact) > Patience)
            {
                Leave(turn, end, meter);
                return;
            }

            _pulse.Expect(Backoff.Cap);
            await agent.DelayAsync(end, attempt, cancellationToken);
        }
    }

    private void Leave(HubTurn turn, ConnectionEnd end, NodeMeter meter)
    {
        if (end.Farewell is not null)
        {
            _log.Figures(meter.Read());
        }

        string reason = end.Farewell?.Reason ?? end.Reason;
        if (turn.Wait(reason, runEnded: end.Farewell is not null))
        {
            _log.HubWaits(turn.Hub.Name, reason);
        }
        else
        {
            _log.HubStillWaits(turn.Hub.Name, reason);
        }
    }

    private NodeOptions OptionsFor(HubTurn turn)
    {
        NodeOptions options = turn.Hub.Configure(_common);
        return options with
        {
            Outgoing = new SentFrames(turn, options.Outgoing),
            Admitted = (connection, answer) =>
            {
                _log.HubAdmits(turn.Hub.Name);
                turn.Enter(answer);
                _pulse.Serve(connection);
                options.Admitted?.Invoke(connection, answer);
            },
        };
    }

    /// <summary>Counts what leaves for a hub.</summary>
    private sealed class SentFrames(HubTurn turn, IOutgoingFrames? next) : IOutgoingFrames
    {
        public void Leaving(in OutgoingFrame frame)
        {
            next?.Leaving(frame);
            turn.Sent(frame);
        }
    }
}
