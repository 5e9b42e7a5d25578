using TraversalLearning.Benchmarks.Runs;
using TraversalLearning.Charts;

namespace TraversalLearning.Benchmarks.Reports;

/// <summary>How long steps take, and what of.</summary>
internal static class StepSections
{
    /// <summary>The step of each, against our centralized loop and PyTorch's.</summary>
    public static Section Steps(Results results)
    {
        var table = new Table("workload", "who", "ms a step", "min", "max", "× centralized", "min ×", "max ×", "× PyTorch");
        var bars = new List<Bar>();
        foreach (Contender contender in results.Contenders)
        {
            Spread step = results.Step(contender);
            Spread? ratio = results.Ratio(contender, contender.Baseline);
            table.Add(
                contender.Workload.Name,
                contender.Who,
                Table.Number(step.Median),
                Table.Number(step.Min),
                Table.Number(step.Max),
                Table.Number(ratio?.Median),
                Table.Number(ratio?.Min),
                Table.Number(ratio?.Max),
                Table.Number(results.Ratio(contender, contender.PyTorchBaseline)?.Median));
            if (ratio is { } of && contender.Trainer != Trainer.Centralized)
            {
                bars.Add(new Bar(contender.ToString(), [of.Median], of.Min, of.Max));
            }
        }

        return new Section(
            "steps",
            "Time of a step",
            "Median of the rounds, and the smallest and the largest. Ratios are taken within each round. The red line is our centralized loop.",
            table,
            new BarChart("Time of a step", "× our centralized loop", ["ratio"], bars, Reference: 1));
    }

    /// <summary>Where a step goes.</summary>
    public static Section Budget(Results results)
    {
        string[] parts = [.. results.Traversals.Select(results.Median).First().Budget.Select(p => p.Key.Replace('_', ' '))];
        var table = new Table(["workload", "who", .. parts.Select(p => $"{p} ms"), "step ms"]);
        var bars = new List<Bar>();
        foreach (Contender contender in results.Contenders.Where(c => results.Median(c).Budget.Count > 0))
        {
            RunFigures run = results.Median(contender);
            double[] budget = [.. run.Budget.Select(p => p.Value)];
            table.Add([contender.Workload.Name, contender.Who, .. budget.Select(p => Table.Number(p)), Table.Number(run.StepMilliseconds)]);
            bars.Add(new Bar(contender.ToString(), [.. budget.Select(p => p / run.StepMilliseconds * 100)]));
        }

        return new Section(
            "budget",
            "Where a step goes",
            "Of the round whose step is the median. The parts add up to the step; [The run folder](../reference/run-folder.md#step-time) defines them.",
            table,
            new BarChart("Where a step goes", "% of the step", parts, bars));
    }
}
