using TraversalLearning.Transport;

namespace TraversalLearning.Nodes.Agents;

/// <summary>
/// Proof that a loop is alive. Outside of sessions the loop says by when it will be back. During a session the connection is
/// the proof, which ends by itself when the peer is gone; from its end on, the loop has a fixed time to return from a computation.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class Pulse(TimeProvider time)
{
    private static readonly TimeSpan Return = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private long _since = time.GetTimestamp();
    private TimeSpan _limit = Slack;
    private Connection? _connection;

    /// <summary>Whether the loop is where it said it would be.</summary>
    public bool IsBeating
    {
        get
        {
            lock (_lock)
            {
                if (_connection is { Reason: null })
                {
                    return true;
                }

                if (_connection is not null)
                {
                    Restart(Return);
                }

                return time.GetElapsedTime(_since) <= _limit;
            }
        }
    }

    /// <summary>The loop will be back within this time, with a minute's grace.</summary>
    public void Expect(TimeSpan within)
    {
        lock (_lock)
        {
            Restart(within + Slack);
        }
    }

    /// <summary>The loop serves a connection until that ends.</summary>
    public void Serve(Connection connection)
    {
        lock (_lock)
        {
            _connection = connection;
        }
    }

    private void Restart(TimeSpan limit) => (_connection, _since, _limit) = (null, time.GetTimestamp(), limit);
}
