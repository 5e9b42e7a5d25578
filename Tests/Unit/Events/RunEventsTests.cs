using TraversalLearning.Orchestration.Events;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Events;

public sealed class RunEventsTests
{
    [Test]
    public void An_observer_sees_what_passes_its_filter_until_it_has_seen_enough()
    {
        var events = new RunEvents();
        var all = new List<RunEvent>();
        var lost = new List<RunEvent>();
        using IDisposable everything = events.Subscribe(static _ => true, all.Add);
        IDisposable some = events.Subscribe(static e => e is NodeLost, lost.Add);
        events.Publish(new NodeJoined(1, "here", 5));
        events.Publish(new NodeLost(1, "cut"));
        some.Dispose();
        events.Publish(new NodeLost(2, "cut"));
        Assert.That(all.Select(e => e.GetType()), Is.EqualTo((Type[])[typeof(NodeJoined), typeof(NodeLost), typeof(NodeLost)]));
        Assert.That(lost.Cast<NodeLost>().Select(e => e.NodeId), Is.EqualTo((int[])[1]));
    }

    [Test]
    public void Every_event_has_the_time_at_which_it_was_published()
    {
        var time = new ManualTimeProvider();
        var events = new RunEvents(time: time);
        var seen = new List<RunEvent>();
        using IDisposable observing = events.Subscribe(static _ => true, seen.Add);
        events.Publish(new NodeLost(1, "cut"));
        time.Advance(TimeSpan.FromSeconds(3));
        events.Publish(new NodeLost(1, "cut"));
        Assert.That(seen[1].Time - seen[0].Time, Is.EqualTo(TimeSpan.FromSeconds(3)));
    }

    [Test]
    public void What_an_observer_or_its_filter_throws_is_reported_and_reaches_nobody_else()
    {
        var failures = new List<string>();
        var events = new RunEvents(e => failures.Add(e.Message));
        int seen = 0;
        using IDisposable bad = events.Subscribe(static _ => true, static _ => throw new InvalidOperationException("observer"));
        using IDisposable worse = events.Subscribe(static _ => throw new InvalidOperationException("filter"), static _ => { });
        using IDisposable good = events.Subscribe(static _ => true, _ => seen++);
        events.Publish(new NodeLost(1, "cut"));
        events.Publish(new NodeLost(2, "cut"));
        Assert.That(failures, Is.EqualTo((string[])["observer", "filter", "observer", "filter"]));
        Assert.That(seen, Is.EqualTo(2));
    }

    [Test]
    public void An_observer_may_leave_while_it_is_called()
    {
        var events = new RunEvents();
        int seen = 0;
        IDisposable? own = null;
        own = events.Subscribe(static _ => true, _ =>
        {
            seen++;
            own!.Dispose();
        });
        events.Publish(new NodeLost(1, "cut"));
        events.Publish(new NodeLost(1, "cut"));
        Assert.That(seen, Is.EqualTo(1));
    }

    [Test]
    public void What_an_observer_publishes_comes_next_for_everybody()
    {
        var events = new RunEvents();
        var seen = new List<RunEvent>();
        using IDisposable answering = events.Subscribe(static e => e is NodeLost, e => events.Publish(new NodeJoined(((NodeLost)e).NodeId, "here", 5)));
        using IDisposable observing = events.Subscribe(static _ => true, seen.Add);
        events.Publish(new NodeLost(1, "cut"));
        Assert.That(seen.Select(e => e.GetType()), Is.EqualTo((Type[])[typeof(NodeLost), typeof(NodeJoined)]));
    }

    [Test]
    public async Task Observers_are_called_one_at_a_time_whoever_publishes()
    {
        var events = new RunEvents();
        int inside = 0;
        int most = 0;
        int seen = 0;
        using IDisposable observing = events.Subscribe(static _ => true, _ =>
        {
            most = Math.Max(most, Interlocked.Increment(ref inside));
            Thread.Yield();
            seen++; // Not atomic: some would be lost if two were here at once.
            Interlocked.Decrement(ref inside);
        });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() =>
        {
            for (int j = 0; j < 500; j++)
            {
                events.Publish(new NodeLost(i, "cut"));
            }
        })));
        Assert.That((most, seen), Is.EqualTo((1, 4000)));
    }
}
