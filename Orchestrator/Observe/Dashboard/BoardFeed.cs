using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;

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
    private readonly List<BoundedQueue<SseItem<byte[]>>> _clients = [];
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

    /// <summary>What one browser is sent, until it leaves or the program ends: all there is, then what changes.</summary>
    /// <param name="cancellationToken">The browser has left.</param>
    public async IAsyncEnumerable<SseItem<byte[]>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var queue = new BoundedQueue<SseItem<byte[]>>(Capacity);
        Join(queue);
        try
        {
            await foreach (SseItem<byte[]> changes in queue.ReadAllAsync(cancellationToken))
            {
                if (queue.TakeLost() == 0)
                {
                    yield return changes;
                    continue;
                }

                queue.Clear();
                yield return Snapshot();
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
            SseItem<byte[]> changes = Changes(ref _sent);
            _clients.ForEach(c => c.Add(changes));
        }
        catch (Exception e)
        {
            _failed?.Invoke(e);
        }
    }

    private void Join(BoundedQueue<SseItem<byte[]>> queue)
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

    private SseItem<byte[]> Snapshot()
    {
        BoardCursor nothing = default;
        return Changes(ref nothing);
    }

    private SseItem<byte[]> Changes(ref BoardCursor since) => new(Encoding.UTF8.GetBytes(_board.Changes(ref since).ToJsonString()), "board");
}
