namespace TraversalLearning.Orchestration.Events;

/// <summary>
/// The run's event bus. Observers are called sequentially, in the order of events, on the publishing thread: training,
/// or a node's connection. An event published by an observer comes next. An observer need not be thread-safe, but must
/// not wait for the run, and delays it while running. Its exceptions are reported and affect neither the run nor other
/// observers.
/// </summary>
/// <param name="failed">Called with exceptions of observers.</param>
/// <param name="time">The clock.</param>
internal sealed class RunEvents(Action<Exception>? failed = null, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _calling = new();
    private readonly Queue<RunEvent> _published = new();
    private volatile Subscription[] _subscriptions = [];
    private bool _isCalling;

    /// <summary>Subscribes an observer to the events that pass a filter.</summary>
    /// <param name="filter">Selects events; called under the same conditions as the observer.</param>
    /// <param name="observer">Called for each selected event.</param>
    /// <returns>Dispose to unsubscribe; after that, except from within an observer, no further call is made.</returns>
    public IDisposable Subscribe(Func<RunEvent, bool> filter, Action<RunEvent> observer)
    {
        var subscription = new Subscription(this, filter, observer);
        lock (_calling)
        {
            _subscriptions = [.. _subscriptions, subscription];
        }

        return subscription;
    }

    /// <summary>Publishes an event and sets its time.</summary>
    /// <param name="runEvent">A new event.</param>
    public void Publish(RunEvent runEvent)
    {
        if (_subscriptions.Length == 0)
        {
            return;
        }

        lock (_calling)
        {
            runEvent.Time = _time.GetUtcNow();
            _published.Enqueue(runEvent);
            if (_isCalling)
            {
                // Published by an observer: all observers see the current event first.
                return;
            }

            _isCalling = true;
            try
            {
                TellAll();
            }
            finally
            {
                _isCalling = false;
            }
        }
    }

    private void TellAll()
    {
        while (_published.TryDequeue(out RunEvent? next))
        {
            foreach (Subscription subscription in _subscriptions)
            {
                Tell(subscription, next);
            }
        }
    }

    private void Tell(Subscription subscription, RunEvent runEvent)
    {
        try
        {
            if (subscription.Filter(runEvent))
            {
                subscription.Observer(runEvent);
            }
        }
        catch (Exception e)
        {
            failed?.Invoke(e);
        }
    }

    private void Remove(Subscription subscription)
    {
        lock (_calling)
        {
            _subscriptions = Array.FindAll(_subscriptions, s => s != subscription);
        }
    }

    private sealed class Subscription(RunEvents events, Func<RunEvent, bool> filter, Action<RunEvent> observer) : IDisposable
    {
        public Func<RunEvent, bool> Filter { get; } = filter;

        public Action<RunEvent> Observer { get; } = observer;

        public void Dispose() => events.Remove(this);
    }
}
