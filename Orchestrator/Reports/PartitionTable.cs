using System.Globalization;
using System.Text;
using TraversalLearning.Charts;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>Samples by node and class.</summary>
/// <param name="Classes">The labels that occur, ascending.</param>
/// <param name="Counts">Samples, <c>[nodes][Classes]</c>.</param>
internal sealed record PartitionTable(IReadOnlyList<int> Classes, IReadOnlyList<int[]> Counts)
{
    private const string Gap = "  ";

    /// <summary>Counts the samples.</summary>
    /// <param name="labels">The classes of all samples, <c>[Count]</c>.</param>
    /// <param name="parts">The samples of each node.</param>
    public static PartitionTable Of(int[] labels, int[][] parts)
    {
        int[] classes = [.. labels.Distinct().Order()];
        return new PartitionTable(classes, Array.ConvertAll(parts, own => CountsOf(labels, own, classes)));
    }

    /// <summary>A text table with a row per node, a column per class, and totals; numbers are right-aligned.</summary>
    public string ToText()
    {
        int[] sums = [.. Classes.Select((_, c) => Counts.Sum(row => row[c]))];
        string[][] rows =
        [
            ["node", .. Classes.Select(c => $"class {Text(c)}"), "total"],
            .. Counts.Select((row, node) => Cells(Text(node + 1), row)),
            Cells("total", sums),
        ];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        var text = new StringBuilder();
        foreach (string[] row in rows)
        {
            text.AppendJoin(Gap, row.Select((cell, column) => cell.PadLeft(widths[column]))).Append('\n');
        }

        return text.ToString();

        static string[] Cells(string name, int[] counts) => [name, .. counts.Select(Text), Text(counts.Sum())];
    }

    /// <summary>A chart with a bar per node and a segment per class.</summary>
    public BarChart ToChart(string title) => new(
        title,
        "samples",
        [.. Classes.Select(c => $"class {Text(c)}")],
        [.. Counts.Select((row, node) => new Bar($"node {Text(node + 1)}", Array.ConvertAll(row, count => (double)count)))]);

    private static int[] CountsOf(int[] labels, int[] samples, int[] classes)
    {
        int[] counts = new int[classes.Length];
        foreach (int sample in samples)
        {
            counts[Array.BinarySearch(classes, labels[sample])]++;
        }

        return counts;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
