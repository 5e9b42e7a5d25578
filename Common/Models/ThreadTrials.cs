namespace TraversalLearning.Models;

/// <summary>
/// Times one pass with each number of threads, in rounds, so that what else the machine does meanwhile meets all of them alike. Bounded by time:
/// it begins with the most threads, which is the library's own choice, and comes to fewer, and to further rounds, as long as there is time.
/// </summary>
/// <param name="pass">Does a pass with so many threads, and says how long it took.</param>
internal sealed class ThreadTrials(Func<int, TimeSpan> pass)
{
    private const int Rounds = 5;

    // A pass this short does not hide that threads are started when their number changes; it is done twice, and the second one counts.
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(20);

    // Leaves time for a round of several numbers.
    private static readonly TimeSpan Comfortable = TimeSpan.FromMilliseconds(100);

    private TimeSpan _spent;

    /// <summary>What all passes together may take; the last of them may go beyond it by its own length.</summary>
    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(0.8);

    /// <summary>How many rows a pass should have so that there is time for several, given how long one with a few took.</summary>
    /// <param name="wanted">The most.</param>
    /// <param name="tried">Rows of the one pass.</param>
    /// <param name="elapsed">What it took.</param>
    public static int Rows(int wanted, int tried, TimeSpan elapsed) => (int)Math.Clamp(tried * (Comfortable / elapsed), 1, wanted);

    /// <summary>Times them, and chooses.</summary>
    public ThreadChoice Run(int processors)
    {
        var warmUp = new List<ThreadTimings>();
        foreach (int threads in ThreadChoice.Candidates(processors).Reverse())
        {
            if (warmUp.Count > 0 && _spent + warmUp[^1].Median > Limit)
            {
                break;
            }

            warmUp.Add(new ThreadTimings(threads, [Turn(threads)]));
        }

        var rounds = new List<TimeSpan[]>();
        TimeSpan round = _spent;
        while (rounds.Count < Rounds && _spent + round <= Limit)
        {
            TimeSpan before = _spent;
            rounds.Add([.. warmUp.Select(t => Turn(t.Threads))]);
            round = _spent - before;
        }

        return ThreadChoice.From(
            rounds.Count == 0 ? warmUp : warmUp.Select((t, i) => new ThreadTimings(t.Threads, [.. rounds.Select(r => r[i])])));
    }

    private TimeSpan Turn(int threads)
    {
        TimeSpan first = Pass(threads);
        return first < Short ? Pass(threads) : first;
    }

    private TimeSpan Pass(int threads)
    {
        TimeSpan elapsed = pass(threads);
        _spent += elapsed;
        return elapsed;
    }
}
