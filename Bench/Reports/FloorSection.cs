using TraversalLearning.Benchmarks.Runs;
using TraversalLearning.Charts;

namespace TraversalLearning.Benchmarks.Reports;

/// <summary>What a step would take that had nothing of the product's transport.</summary>
internal static class FloorSection
{
    /// <summary>Of those of traversal learning.</summary>
    /// <param name="results">The steps.</param>
    /// <param name="floors">What was measured for each.</param>
    /// <param name="twoAtOnce">How many times as long a matrix product takes in each of two threads at once.</param>
    /// <param name="processors">Of the machine.</param>
    public static Section Of(Results results, IReadOnlyDictionary<Contender, FloorFigures> floors, double twoAtOnce, int processors)
    {
        var table = new Table(
            "workload",
            "who",
            "MB a step",
            "bytes alone ms",
            "work ms",
            "work spread ms",
            "bare processor ms",
            "bare full ms",
            "bare step ms",
            "step ms",
            "processor ms",
            "full / centralized ×",
            "bare / centralized ×",
            "step / bare ×");
        var bars = new List<Bar>();
        foreach (Contender contender in results.Traversals.Where(c => !c.IsBlind))
        {
            RunFigures run = results.Median(contender);
            RunFigures bare = results.Median(contender.Bare);
            FloorFigures floor = floors[contender];
            double spread = floor.SpreadWork(contender.Nodes, processors, twoAtOnce);
            double full = FloorFigures.FullBareStep(bare.Processor, contender.Nodes, processors);
            double? centralized = results.Of(contender.Baseline).Count > 0 ? results.Median(contender.Baseline).StepMilliseconds : null;
            table.Add(
                contender.Workload.Name,
                contender.Who,
                Table.Number((run.SentBytes + run.ReceivedBytes) / 1e6, "0.000"),
                Table.Number(floor.Bytes),
                Table.Number(floor.Work),
                Table.Number(spread),
                Table.Number(bare.Processor),
                Table.Number(full),
                Table.Number(bare.StepMilliseconds),
                Table.Number(run.StepMilliseconds),
                Table.Number(run.Processor),
                Table.Number(full / centralized),
                Table.Number(results.Ratio(contender.Bare, contender.Baseline)?.Median),
                Table.Number(results.Ratio(contender, contender.Bare)?.Median));
            bars.Add(new Bar(
                contender.ToString(),
                [spread, Math.Max(bare.StepMilliseconds - spread, 0), Math.Max(run.StepMilliseconds - Math.Max(bare.StepMilliseconds, spread), 0)]));
        }

        return new Section(
            "floor",
            "The floor under a step",
            "*Bytes alone*: the same bytes there and back over bare blocking sockets, a thread for each node, nothing computed. *Work*: what a step computes, one"
            + $" after the other in one thread, nothing sent. *Work spread*: that over {processors} processors (at most one for each node and one for the"
            + $" orchestrator), as if nothing waited for anything, × {Table.Number(twoAtOnce)}: so many times as long a product of 64 × 784 by 784 × 256 float32 takes"
            + " in each of two threads at once as in one alone, on this machine. *Bare step*: the same computation and the same bytes, a thread for each node in one"
            + " process, without frames, metadata, checksums or tasks. *Bare processor*: what all its threads, and the system for them, spend of processors; *bare full*: that over the"
            + " processors, the bare step if none of them ever waited. *Processor*: what all processes of the step spend of processors. The steps are those of the median rounds; *bare / centralized* and *step / bare* are"
            + " medians of the ratios within each round.",
            table,
            new BarChart("The floor under a step", "ms", ["work spread", "rest of bare step", "rest of the step"], bars));
    }
}
