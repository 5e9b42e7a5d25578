using Microsoft.Extensions.Logging;
using TraversalLearning.Hosting;

namespace TraversalLearning.Nodes;

/// <summary>
/// The nodes of one process. Limits how many connect at once, and condenses the log: events that concern all nodes are logged
/// for a few and counted for the rest. With debug logging, all are logged.
/// </summary>
/// <param name="count">Number of nodes.</param>
/// <param name="log">The log of the process.</param>
internal sealed class NodeCrowd(int count, ILogger log) : IDisposable
{
    // Concurrent connection attempts. The orchestrator reserves room for this many.
    private const int MaxConnecting = 64;

    private readonly LogThrottles _events = new(burst: 3, TimeSpan.FromSeconds(10));
    private int _admitted;

    /// <summary>Held while connecting.</summary>
    public SemaphoreSlim Door { get; } = new(MaxConnecting, MaxConnecting);

    public CrowdLogger LogOf(int nodeId) => new(log, _events, $"node {nodeId}: ");

    /// <summary>Counts a node as admitted.</summary>
    public void Enter(string session, TrainingSetup setup)
    {
        if (Interlocked.Increment(ref _admitted) == count)
        {
            log.AllAdmitted(count, session, setup);
        }
    }

    /// <summary>Counts an admitted node as gone.</summary>
    public void Leave() => Interlocked.Decrement(ref _admitted);

    /// <inheritdoc/>
    public void Dispose() => Door.Dispose();
}
