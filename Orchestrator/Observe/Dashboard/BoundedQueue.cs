using System.Threading.Channels;

namespace TraversalLearning.Orchestration.Observe.Dashboard;

/// <summary>
/// What is on its way to one browser. Whoever adds never waits: where the browser is too slow the oldest is lost, and counted.
/// </summary>
internal sealed class BoundedQueue<T>
{
    private readonly Channel<T> _channel;
    private long _lost;

    /// <summary>An empty queue.</summary>
    /// <param name="capacity">The most that it holds.</param>
    public BoundedQueue(int capacity) => _channel = Channel.CreateBounded<T>(
        new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
        _ => Interlocked.Increment(ref _lost));

    /// <summary>What is in it.</summary>
    public int Count => _channel.Reader.Count;

    /// <summary>How much was lost since this was asked last.</summary>
    public long TakeLost() => Interlocked.Exchange(ref _lost, 0);

    /// <summary>Adds something, if it is still open.</summary>
    public void Add(T item) => _channel.Writer.TryWrite(item);

    /// <summary>Nothing more will come.</summary>
    public void Complete() => _channel.Writer.TryComplete();

    /// <summary>All that comes, until it is complete.</summary>
    public IAsyncEnumerable<T> ReadAllAsync(CancellationToken cancellationToken) => _channel.Reader.ReadAllAsync(cancellationToken);

    /// <summary>Forgets what is in it.</summary>
    public void Clear()
    {
        while (_channel.Reader.TryRead(out _))
        {
            // Nobody wants it any more.
        }
    }
}
