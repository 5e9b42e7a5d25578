using System.Net.ServerSentEvents;
using System.Text;
using TraversalLearning.Orchestration.Observe.Dashboard;

namespace TraversalLearning.Tests.Unit.Dashboard;

public sealed class BoardFeedTests
{
    [Test]
    public void A_full_queue_loses_its_oldest_and_says_how_many()
    {
        var queue = new BoundedQueue<int>(3);
        for (int i = 0; i < 10; i++)
        {
            queue.Add(i);
        }

        queue.Complete();
        Assert.That((queue.Count, queue.TakeLost(), queue.TakeLost()), Is.EqualTo((3, 7L, 0L)));
        Assert.That(queue.ReadAllAsync(CancellationToken.None).ToBlockingEnumerable(), Is.EqualTo((int[])[7, 8, 9]));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_browser_that_takes_nothing_has_a_bounded_queue_and_all_of_it_anew_when_it_takes_again(CancellationToken cancellationToken)
    {
        using var log = new LogTail();
        var feed = new BoardFeed(new Board(log), TimeSpan.FromMilliseconds(1));
        var taken = new List<string>();
        var open = new TaskCompletionSource();
        var anew = new TaskCompletionSource();
        async Task TakeAsync()
        {
            await foreach (SseItem<byte[]> item in feed.ReadAsync(cancellationToken))
            {
                await open.Task.WaitAsync(cancellationToken);
                taken.Add(Encoding.UTF8.GetString(item.Data));
                if (taken.Count == 2)
                {
                    anew.SetResult();
                }
            }
        }

        Task serving = TakeAsync();
        while (feed.LongestQueue < BoardFeed.Capacity)
        {
            await Task.Delay(1, cancellationToken);
        }

        // Many more than there is room for.
        await Task.Delay(5 * BoardFeed.Capacity, cancellationToken);
        Assert.That(feed.LongestQueue, Is.EqualTo(BoardFeed.Capacity));
        open.SetResult();
        await anew.Task.WaitAsync(cancellationToken);
        Assert.That(taken[1], Does.Contain("\"reset\":true"));
        await feed.DisposeAsync();
        await serving;
        Assert.That(feed.Clients, Is.Zero);
    }
}
