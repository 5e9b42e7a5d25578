using System.Diagnostics;
using TraversalLearning.Data.Batches;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Planning;

namespace TraversalLearning.Orchestration.Training.Sessions;

/// <summary>
/// Chooses a run's cut and exchange by measurement: times the gradients of the first batches for each candidate, on the
/// nodes and links that will train. θ is not updated and the run then starts afresh, byte for byte the same as a run
/// with the chosen flags.
/// </summary>
internal static class SplitTrials
{
    // The first trial also pays for JIT compilation on all parties.
    private const int FirstWarmUp = 30;
    private const int WarmUp = 3;
    private const int Steps = 9;

    // A candidate this much slower than the best is dropped.
    private const double HopelessRatio = 1.5;
    private const int StepsBeforeGivingUp = 3;

    /// <summary>Measures every candidate that the options leave open.</summary>
    /// <param name="context">The run.</param>
    /// <param name="measure">Returns the median step time of a candidate; may stop early once steps exceed the second
    /// argument.</param>
    /// <param name="log">Receives each trial and the choice.</param>
    /// <returns>The run with the fastest candidate; unchanged if there is only one.</returns>
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
    /// <param name="session">Its nodes may still be connecting.</param>
    /// <param name="first">Whether this is the first trial.</param>
    /// <param name="hopeless">The step time above which the trial may stop.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <returns>The median step time.</returns>
    public static async Task<TimeSpan> MeasureAsync(TrainingSession session, bool first, TimeSpan hopeless, CancellationToken cancellationToken)
    {
        VirtualBatchPlanner planner = RunBatches.Of(session.Options, await session.SampleCountsAsync(cancellationToken));
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
