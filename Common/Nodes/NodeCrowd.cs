using TraversalLearning.Hosting;

namespace TraversalLearning.Nodes;

/// <summary>
/// The nodes of one process, as its log sees them: what happens to all of them at once is said of a few, the others being counted. With
/// debug events in the log all of it is there.
/// </summary>
/// <param name="count">How many there are.</param>
internal sealed class NodeCrowd(int count)
{
    private int _admitted;

    public int Count { get; } = count;

    public LogThrottles Events { get; } = new(burst: 3, TimeSpan.FromSeconds(10));

    /// <summary>A node has been admitted.</summary>
    /// <returns>Whether all are, now.</returns>
    public bool Enter() => Interlocked.Increment(ref _admitted) == Count;

    /// <summary>An admitted node is not any more.</summary>
    public void Leave() => Interlocked.Decrement(ref _admitted);
}
