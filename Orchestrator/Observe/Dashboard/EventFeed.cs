using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Observe.Dashboard;

/// <summary>The events of runs, those that <c>events.jsonl</c> has too, for <c>watch</c>: the last of them, then each as it happens.</summary>
internal sealed class EventFeed : IDisposable
{
    /// <summary>How many are kept, and how many may be on their way to one client.</summary>
    public const int Capacity = 1000;

    // Another program's numbers mean nothing here.
    private readonly string _instance = Guid.NewGuid().ToString("N")[..8];
    private readonly Lock _lock = new();
    private readonly Queue<(long Number, RunEvent Event)> _last = new(Capacity);
    private readonly List<BoundedQueue<(long Number, RunEvent Event)>> _clients = [];
    private long _count;
    private bool _complete;

    /// <summary>Takes the events of a run.</summary>
    /// <returns>To be disposed when it has ended.</returns>
    public IDisposable Follow(RunEvents events) => events.Subscribe(EventFile.Takes, Add);

    /// <summary>What one client is sent, until it leaves or the program ends.</summary>
    /// <param name="lastSeen">The identity of the last event that it has seen, where it comes back.</param>
    /// <param name="cancellationToken">The client has left.</param>
    public async IAsyncEnumerable<SseItem<string>> ReadAsync(string? lastSeen, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var queue = new BoundedQueue<(long Number, RunEvent Event)>(Capacity);
        Join(queue, NumberOf(lastSeen));
        try
        {
            await foreach ((long number, RunEvent runEvent) in queue.ReadAllAsync(cancellationToken))
            {
                if (queue.TakeLost() is > 0 and long lost)
                {
                    yield return new SseItem<string>($"{lost}", "lost");
                }

                yield return new SseItem<string>(EventJson.Write(runEvent), "run_event") { EventId = $"{_instance}-{number}" };
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

    /// <summary>Ends what is served, once it has been sent.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _complete = true;
            _clients.ForEach(c => c.Complete());
        }
    }

    private void Add(RunEvent runEvent)
    {
        lock (_lock)
        {
            if (_last.Count == Capacity)
            {
                _last.Dequeue();
            }

            (long, RunEvent) numbered = (++_count, runEvent);
            _last.Enqueue(numbered);
            _clients.ForEach(c => c.Add(numbered));
        }
    }

    private void Join(BoundedQueue<(long Number, RunEvent Event)> queue, long seen)
    {
        lock (_lock)
        {
            foreach ((long Number, RunEvent Event) numbered in _last.Where(e => e.Number > seen))
            {
                queue.Add(numbered);
            }

            _clients.Add(queue);
            if (_complete)
            {
                queue.Complete();
            }
        }
    }

    private long NumberOf(string? identity) =>
        identity?.Split('-') is [var instance, var number] && instance == _instance && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            ? value
            : 0;
}
