using TraversalLearning.Benchmarks.Runs;
using TraversalLearning.Charts;

namespace TraversalLearning.Benchmarks.Reports;

/// <summary>What a step sends.</summary>
internal static class ByteSection
{
    public static Section Of(Results results)
    {
        var table = new Table(["workload", "who", "visits", .. StepBytes.Fields.Select(f => $"{f} kB"), "measured kB", "smallest kB", "× smallest"]);
        var bars = new List<Bar>();
        foreach (Contender contender in results.Traversals)
        {
            RunFigures run = results.Median(contender);
            var bytes = StepBytes.Of(contender, run);
            table.Add(
            [
                contender.Workload.Name,
                contender.Who,
                Table.Number(run.Visits, "0.0"),
                .. bytes.Values.Select(v => Table.Number(v / 1e3)),
                Table.Number(bytes.Total / 1e3),
                Table.Number(bytes.Smallest / 1e3),
                Table.Number(bytes.Total / bytes.Smallest, "0.0000"),
            ]);
            bars.Add(new Bar(contender.ToString(), [.. bytes.Values.Select(v => v / 1e6)]));
        }

        return new Section(
            "bytes",
            "Bytes of a step",
            "By field, both ways. The smallest possible for an exchange is its tensors in float32 and nothing else; what was measured beyond that are"
            + " headers, metadata and heartbeats.",
            table,
            new BarChart("Bytes of a step", "MB", StepBytes.Fields, bars));
    }
}
