using TraversalLearning.Benchmarks.Runs;
using TraversalLearning.Charts;

namespace TraversalLearning.Benchmarks.Reports;

/// <summary>What processes hold and allocate.</summary>
internal static class MemorySection
{
    public static Section Of(Results results)
    {
        var table = new Table(
            "workload", "who", "peak MB", "× centralized", "largest node MB", "all processes MB", "allocated a step kB", "allocated a visit, node kB");
        foreach (Contender contender in results.Contenders.Where(c => c.Trainer != Trainer.Bare))
        {
            IReadOnlyList<RunFigures> runs = results.Of(contender);
            double peak = Median(runs, r => r.PeakMemory);
            IReadOnlyList<RunFigures> baseline = results.Of(contender.Baseline);
            bool ours = contender.Trainer is Trainer.Centralized or Trainer.Traversal;
            bool nodes = contender.Trainer == Trainer.Traversal;
            table.Add(
                contender.Workload.Name,
                contender.Who,
                Table.Number(peak / 1e6, "0"),
                baseline.Count > 0 ? Table.Number(peak / Median(baseline, r => r.PeakMemory)) : string.Empty,
                nodes ? Table.Number(Median(runs, r => r.Nodes.Max(n => n.PeakMemory)) / 1e6, "0") : string.Empty,
                ours ? Table.Number((peak + Median(runs, r => r.Nodes.Sum(n => n.PeakMemory))) / 1e6, "0") : string.Empty,
                ours ? Table.Number(Median(runs, r => r.AllocatedBytes) / 1e3, "0.0") : string.Empty,
                nodes ? Table.Number(Median(runs, r => r.Nodes.Max(n => n.VisitAllocatedBytes)) / 1e3, "0.0") : string.Empty);
        }

        return new Section(
            "memory",
            "Memory",
            "Peak resident memory of the orchestrator, or of the one process (of DDP: of its first), median of the rounds; managed memory that is"
            + " allocated in the last epoch.",
            table);
    }

    private static double Median(IReadOnlyList<RunFigures> runs, Func<RunFigures, double> value) => Spread.Of(runs.Select(value)).Median;
}
