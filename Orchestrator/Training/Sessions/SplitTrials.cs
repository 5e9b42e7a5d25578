using System.Diagnostics;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Planning;

namespace TraversalLearning.Orchestration.Training.Sessions;

/// <summary>
/// Chooses cut and exchange of a run by trying: the gradients of the first batches, with the nodes and links that will train, timed for each
/// candidate. θ is not updated, and the run that follows begins anew: it is, byte for byte, the one that names its choice.
/// </summary>
internal static class SplitTrials
{
    // The first trial pays for the just-in-time compilers of all parties.
    private const int FirstWarmUp = 30;
    private const int WarmUp = 3;
    private const int Steps = 9;

    // One that is so much slower than the best is not looked at any longer.
    private const double HopelessRatio = 1.5;
    private const int StepsBeforeGivingUp = 3;

    /// <summary>Tries whatever the options leave open.</summary>
    /// <param name="context">The run.</param>
    /// <param name="measure">The median of a candidate's steps; it may be given up where they take longer than the second argument.</param>
    /// <param name="log">Told of each trial, and of the choice.</param>
    /// <returns>The run with the fastest; itself if nothing is open.</returns>
    public static async Task<RunContext> ChooseAsync(RunContext context, Func<RunContext, TimeSpan, Task<TimeSpan>> measure, OrchestratorLog log)
    {
        if (!context.Options.AnyCut && !context.Options.AnyExchange)
        {
            return context;
        }

        (RunContext Run, TimeSpan Step) best = (context, TimeSpan.MaxValue);
        foreach (RunContext candidate in Candidates(context))
        {
            TimeSpan step = await measure(candidate, best.Step == TimeSpan.MaxValue ? best.Step : best.Step * HopelessRatio);
            log.SplitTried(Describe(candidate), step.TotalMilliseconds);
            if (step < best.Step)
            {
                best = (candidate, step);
            }
        }

        log.SplitChosen(Describe(best.Run));
        return best.Run;
    }

    /// <summary>Times steps that update nothing.</summary>
    /// <param name="session">Whose nodes may still be on their way.</param>
    /// <param name="first">Whether nothing was tried before.</param>
    /// <param name="hopeless">Beyond which time of a step it need not go on.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The median of the steps.</returns>
    public static async Task<TimeSpan> MeasureAsync(TrainingSession session, bool first, TimeSpan hopeless, CancellationToken cancellationToken)
    {
        VirtualBatchPlanner planner = VirtualBatchPlanner.Of(session.Options, await session.SampleCountsAsync(cancellationToken));
        var times = new List<TimeSpan>();
        int skip = first ? FirstWarmUp : WarmUp;
        foreach (VirtualBatch batch in Repeat(planner).Take(skip + Steps))
        {
            long start = Stopwatch.GetTimestamp();
            await session.Parts.Gradients.ComputeAsync(batch, cancellationToken);
            if (skip-- <= 0)
            {
                times.Add(Stopwatch.GetElapsedTime(start));
                if (times.Count == StepsBeforeGivingUp && times.Min() > hopeless)
                {
                    break;
                }
            }
        }

        times.Sort();
        return times[times.Count / 2];
    }

    private static IEnumerable<VirtualBatch> Repeat(VirtualBatchPlanner planner)
    {
        while (true)
        {
            foreach (VirtualBatch batch in planner.Epoch(1))
            {
                yield return batch;
            }
        }
    }

    private static IEnumerable<RunContext> Candidates(RunContext context)
    {
        RunOptions options = context.Options;
        return
            from split in Exactness.Candidates(options)
            where options.AllowLossy || Exactness.Problem(options.Model, split.Cut, split.Exchange) is null
            where !options.AnyCut || options.BatchSize <= int.MaxValue / options.Model.RowBytesBehind(split.Cut, options.ElementType)
            select context.With(split.Cut, split.Exchange);
    }

    private static string Describe(RunContext run) =>
        $"--cut {run.Setup.Model.Layers[run.Setup.Cut - 1].Name} --exchange {run.Setup.Exchange.ToWord()}";
}
