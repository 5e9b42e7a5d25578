using TraversalLearning.Transport;

namespace TraversalLearning.Nodes.Agents;

/// <summary>A hub's place in the rotation of a staying node: when its turn comes, and its status. Thread-safe.</summary>
internal sealed class HubTurn
{
    private static readonly TimeSpan FirstRefusal = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestRefusal = TimeSpan.FromMinutes(10);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private HubStatus _status;
    private long _since;
    private TimeSpan _delay;
    private int _failures;

    public HubTurn(Hub hub, TimeProvider time)
    {
        Hub = hub;
        _time = time;
        _status = new HubStatus(hub.Name, hub.NodeId, HubPhase.Waiting, time.GetUtcNow());
    }

    /// <summary>The hub, as last configured.</summary>
    public Hub Hub { get; private set; }

    /// <summary>A snapshot.</summary>
    public HubStatus Status
    {
        get
        {
            lock (_lock)
            {
                return _status;
            }
        }
    }

    /// <summary>Time until its turn; zero if that has come.</summary>
    public TimeSpan Remaining
    {
        get
        {
            lock (_lock)
            {
                TimeSpan remaining = _delay - _time.GetElapsedTime(_since);
                return _delay == TimeSpan.Zero || remaining < TimeSpan.Zero ? TimeSpan.Zero : remaining;
            }
        }
    }

    /// <summary>The hub has admitted the node.</summary>
    public void Enter(OrchestratorAnswer answer)
    {
        lock (_lock)
        {
            _failures = 0;
            bool sameSession = answer.Session == _status.Session;
            Become(answer.Welcome is null ? HubPhase.Preparing : HubPhase.Running, string.Empty);
            _status = _status with { Session = answer.Session, Step = sameSession ? _status.Step : null };
        }
    }

    /// <summary>A connection within a session was lost.</summary>
    public void Lose(string reason)
    {
        lock (_lock)
        {
            _status = _status with { Reason = reason };
        }
    }

    /// <summary>A message left.</summary>
    public void Sent(in OutgoingFrame frame)
    {
        lock (_lock)
        {
            _status = _status with { BytesSent = _status.BytesSent + frame.Bytes, Step = frame.Step ?? _status.Step };
        }
    }

    /// <summary>Ends the turn; the next one comes soon.</summary>
    /// <returns>Whether the hub was not being waited for already.</returns>
    public bool Wait(string reason, bool runEnded)
    {
        lock (_lock)
        {
            bool isFirst = _status is { Phase: HubPhase.Waiting, Reason: "" };
            _status = _status with { Runs = _status.Runs + (runEnded ? 1 : 0) };
            Postpone(Backoff.Delay(_failures++, Random.Shared.NextDouble()));
            return Become(HubPhase.Waiting, reason) || isFirst;
        }
    }

    /// <summary>Ends the turn; the next one comes after some minutes.</summary>
    /// <returns>Whether this refusal is a new one.</returns>
    public bool Refuse(string reason)
    {
        lock (_lock)
        {
            bool isNew = _status.Phase != HubPhase.Refused || _status.Reason != reason;
            _failures = isNew ? 0 : _failures + 1;
            Postpone(TimeSpan.FromSeconds(Math.Min(LongestRefusal.TotalSeconds, FirstRefusal.TotalSeconds * Math.Pow(2, Math.Min(_failures, 20)))));
            Become(HubPhase.Refused, reason);
            return isNew;
        }
    }

    /// <summary>Replaces the hub's settings and brings its turn forward to now.</summary>
    public void Renew(Hub hub)
    {
        lock (_lock)
        {
            Hub = hub;
            _status = _status with { NodeId = hub.NodeId };
            _failures = 0;
            _delay = TimeSpan.Zero;
        }
    }

    private bool Become(HubPhase phase, string reason)
    {
        bool changed = phase != _status.Phase;
        bool inSession = phase is HubPhase.Preparing or HubPhase.Running;
        _status = _status with
        {
            Phase = phase,
            Since = changed ? _time.GetUtcNow() : _status.Since,
            Reason = reason,
            Session = inSession ? _status.Session : null,
            Step = inSession ? _status.Step : null,
        };
        return changed;
    }

    private void Postpone(TimeSpan delay) => (_since, _delay) = (_time.GetTimestamp(), delay);
}
