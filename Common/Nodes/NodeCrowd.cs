using Microsoft.Extensions.Logging;
using TraversalLearning.Hosting;

namespace TraversalLearning.Nodes;

/// <summary>
/// The nodes of one process: so many of them connect at once, and what happens to all of them at once is logged of a few, the others being
/// counted. With debug events in the log all of it is there.
/// </summary>
/// <param name="count">How many there are.</param>
/// <param name="log">Of the process.</param>
internal sealed class NodeCrowd(int count, ILogger log) : IDisposable
{
    // At once on their way in. The orchestrator has places for that many, whoever else knocks.
    private const int MaxConnecting = 64;

    private readonly LogThrottles _events = new(burst: 3, TimeSpan.FromSeconds(10));
    private int _admitted;

    /// <summary>Held while connecting.</summary>
    public SemaphoreSlim Door { get; } = new(MaxConnecting, MaxConnecting);

    public CrowdLogger LogOf(int nodeId) => new(log, _events, $"node {nodeId}: ");

    /// <summary>A node has been admitted.</summary>
    public void Enter(string session, TrainingSetup setup)
    {
        if (Interlocked.Increment(ref _admitted) == count)
        {
            log.AllAdmitted(count, session, setup);
        }
    }

    /// <summary>An admitted node is not any more.</summary>
    public void Leave() => Interlocked.Decrement(ref _admitted);

    /// <inheritdoc/>
    public void Dispose() => Door.Dispose();
}
