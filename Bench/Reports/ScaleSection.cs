using TraversalLearning.Benchmarks.Runs;
using TraversalLearning.Charts;

namespace TraversalLearning.Benchmarks.Reports;

/// <summary>From one node to a thousand.</summary>
internal static class ScaleSection
{
    public static Section Of(IReadOnlyList<(Contender Contender, RunFigures Figures, double Floor)> measured)
    {
        var table = new Table(
            "nodes", "visits a step", "MB a step", "step ms", "bytes alone ms", "× bytes alone", "accept s", "orchestrator MB", "MB a node", "host of the nodes MB");
        var bars = new List<Bar>();
        (Contender first, RunFigures alone, _) = measured[0];
        foreach ((Contender contender, RunFigures figures, double floor) in measured)
        {
            int more = contender.Nodes - first.Nodes;
            table.Add(
                Table.Number(contender.Nodes, "0"),
                Table.Number(figures.Visits, "0.0"),
                Table.Number((figures.SentBytes + figures.ReceivedBytes) / 1e6, "0.0"),
                Table.Number(figures.StepMilliseconds, "0.0"),
                Table.Number(floor, "0.0"),
                Table.Number(figures.StepMilliseconds / floor),
                Table.Number(figures.AcceptSeconds),
                Table.Number(figures.PeakMemory / 1e6, "0"),
                more == 0 ? string.Empty : Table.Number((figures.PeakMemory - alone.PeakMemory) / 1e6 / more, "0.000"),
                Table.Number(figures.Nodes.Sum(n => n.PeakMemory) / 1e6, "0"));
            bars.Add(new Bar($"{contender.Nodes} nodes", [floor, Math.Max(figures.StepMilliseconds - floor, 0)]));
        }

        return new Section(
            "scale",
            "From one node to a thousand",
            $"{measured[0].Contender.Workload.Name}, all nodes in one process (`--virtual_nodes`), each with its own connection and samples, two_phase. Peak"
            + " memory; what a node takes is what the orchestrator has above the run with one. The bytes alone: as above, at most 16 visits at once.",
            table,
            new BarChart("From one node to a thousand", "ms a step", ["bytes alone", "the rest of the step"], bars));
    }
}
