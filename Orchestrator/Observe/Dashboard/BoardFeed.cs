namespace TraversalLearning.Orchestration.Observe.Dashboard;

/// <summary>
/// Sends the board's changes to everybody who looks, a few times a second, encoded once for all; nothing is done while nobody looks. Who has lost some,
/// being slow, gets all of it anew.
/// </summary>
internal sealed class BoardFeed : IAsyncDisposable
{
    /// <summary>The most updates on their way to one browser.</summary>
    public const int Capacity = 16;

    private readonly Board _board;
    private readonly Action<Exception>? _failed;
    private readonly PeriodicTimer _timer;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly List<BoundedQueue<byte[]>> _clients = [];
    private readonly Task _ticking;
    private BoardCursor _sent;
    private bool _complete;

    /// <summary>Begins.</summary>
    /// <param name="board">What is sent.</param>
    /// <param name="interval">How often.</param>
    /// <param name="failed">Told of what could not be read; it is tried again.</param>
    public BoardFeed(Board board, TimeSpan interval, Action<Exception>? failed = null)
    {
        (_board, _failed) = (board, failed);
        _timer = new PeriodicTimer(interval);
        _ticking = TickAsync();
    }

    /// <summary>How many look.</summary>
    public int Clients
    {
        get
        {
            lock (_lock)
            {
                return _clients.Count;
            }
        }
    }

    /// <summary>The most updates that are on their way to one of them now.</summary>
    public int LongestQueue
    {
        get
        {
            lock (_lock)
            {
                return _clients.Count == 0 ? 0 : _clients.Max(c => c.Count);
            }
        }
    }

    /// <summary>Sends to one browser until it leaves or the program ends: all there is, then what changes.</summary>
    /// <param name="send">Takes a frame, and waits for a slow browser.</param>
    /// <param name="cancellationToken">The browser has left.</param>
    public async Task ServeAsync(Func<ReadOnlyMemory<byte>, CancellationToken, Task> send, CancellationToken cancellationToken)
    {
        var queue = new BoundedQueue<byte[]>(Capacity);
        Join(queue);
        try
        {
            await foreach (byte[] frame in queue.ReadAllAsync(cancellationToken))
            {
                if (queue.TakeLost() == 0)
                {
                    await send(frame, cancellationToken);
                    continue;
                }

                queue.Clear();
                await send(Snapshot(), cancellationToken);
            }
        }
        finally
        {
            lock (_lock)
            {
                _clients.Remove(queue);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _ticking;
        lock (_lock)
        {
            // How it ended is to be seen.
            Send();
            _complete = true;
            _clients.ForEach(c => c.Complete());
        }

        _timer.Dispose();
        _stopping.Dispose();
    }

    private async Task TickAsync()
    {
        try
        {
            while (await _timer.WaitForNextTickAsync(_stopping.Token))
            {
                lock (_lock)
                {
                    Send();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The program ends.
        }
    }

    private void Send()
    {
        if (_clients.Count == 0)
        {
            return;
        }

        try
        {
            byte[] frame = Frame.Of("board", _board.Changes(ref _sent).ToJsonString());
            _clients.ForEach(c => c.Add(frame));
        }
        catch (Exception e)
        {
            _failed?.Invoke(e);
        }
    }

    private void Join(BoundedQueue<byte[]> queue)
    {
        lock (_lock)
        {
            // What the others have not got yet, it has twice: places in curves and log say where a part belongs.
            queue.Add(Snapshot());
            _clients.Add(queue);
            if (_complete)
            {
                queue.Complete();
            }
        }
    }

    private byte[] Snapshot()
    {
        BoardCursor nothing = default;
        return Frame.Of("board", _board.Changes(ref nothing).ToJsonString());
    }
}
