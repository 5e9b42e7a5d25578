using System.Globalization;
using TraversalLearning.Charts;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>Findings as a table.</summary>
internal static class FindingTable
{
    /// <summary>A row for each finding.</summary>
    public static Table Of(IEnumerable<Finding> findings)
    {
        var table = new Table("exchange", "party", "attack", "step", "of", "rows", "right %", "chance %", "within 1 %", "within 10 %", "median error", "p");
        foreach (Finding f in findings)
        {
            table.Add(
                f.Exchange,
                f.Party,
                f.Attack,
                f.Step is { } step ? Text(step) : string.Empty,
                f.Of,
                f.Measure == Measures.Noise ? string.Empty : Text(f.Rows),
                Table.Number(f.Share * 100, "0"),
                Table.Number(f.Chance * 100, "0"),
                f.WithinOnePercent is { } one ? Text(one) : string.Empty,
                f.WithinTenPercent is { } ten ? Text(ten) : string.Empty,
                Table.Number(f.MedianError, "0.0e+00"),
                Table.Number(f.PValue, "0.000"));
        }

        return table;
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
