namespace TraversalLearning.Orchestration.Events;

/// <summary>
/// Tells observers what happens in a run. They are called one after the other, in the order of what happened, by whoever makes it happen: training,
/// or the connection of a node; what an observer publishes comes next. So an observer need not be thread-safe, must not wait for the run, and slows it down by as long as it takes. What it
/// throws is reported and changes nothing: neither the run nor what other observers see.
/// </summary>
/// <param name="failed">Told of what observers throw.</param>
/// <param name="time">The clock.</param>
internal sealed class RunEvents(Action<Exception>? failed = null, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly Lock _calling = new();
    private readonly Queue<RunEvent> _published = new();
    private volatile Subscription[] _subscriptions = [];
    private bool _isCalling;

    /// <summary>Lets an observer know of what passes a filter, from now on.</summary>
    /// <param name="filter">Is called as an observer is; asked first, so that the observer sees only what it wants.</param>
    /// <param name="observer">Is told.</param>
    /// <returns>To be disposed when it has seen enough; once that has returned to a thread that is no observer's, it is not called any more.</returns>
    public IDisposable Subscribe(Func<RunEvent, bool> filter, Action<RunEvent> observer)
    {
        var subscription = new Subscription(this, filter, observer);
        lock (_calling)
        {
            _subscriptions = [.. _subscriptions, subscription];
        }

        return subscription;
    }

    /// <summary>Something has happened now: the event gets its time.</summary>
    /// <param name="runEvent">A new one.</param>
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
                // By an observer: everybody is to see first what it was called for.
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
