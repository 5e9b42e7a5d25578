using System.Globalization;
using TraversalLearning.Charts;
using TraversalLearning.Orchestration.Reports.Results;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>
/// The curves of a report: one line per group of runs, the mean of its repetitions, with a band of one standard
/// deviation.
/// </summary>
internal static class ReportCharts
{
    /// <summary>Maximum number of distinguishable lines; beyond that, the best are drawn.</summary>
    public const int MaxLines = 12;

    private const double Mega = 1e6;
    private const int LongestName = 34;

    private static readonly (string Column, string Name)[] Losses = [("train_loss", "training"), ("validation_loss", "validation"), ("loss", "test")];

    /// <summary>
    /// The groups to draw: those with a curve; if there are too many, the best by the main measure, in their order.
    /// </summary>
    public static IReadOnlyList<(ReportedStudy Study, RunGroup Group)> Drawn(Report report)
    {
        (ReportedStudy Study, RunGroup Group)[] all = [.. report.Groups.Where(g => g.Group.Curve.Count > 0)];
        if (all.Length <= MaxLines || report.Measures.Count == 0)
        {
            return all;
        }

        Measure main = report.Measures[0];
        HashSet<RunGroup> best = [.. all.Select(g => g.Group).OrderBy(g => Worth(g, main)).Take(MaxLines)];
        return [.. all.Where(g => best.Contains(g.Group))];
    }

    /// <summary>All charts of a report; empty if no run has completed an epoch.</summary>
    public static IEnumerable<LineChart> Of(Report report)
    {
        IReadOnlyList<(ReportedStudy Study, RunGroup Group)> drawn = Drawn(report);
        if (drawn.Count == 0)
        {
            yield break;
        }

        // Without a test set there is none.
        Measure? main = report.Measures.Count > 0 ? report.Measures[0] : null;
        if (main is not null)
        {
            yield return OverEpochs(report, drawn, main);
        }

        if (main is not null && drawn.Any(g => SpendsBytes(g.Group)))
        {
            yield return OverBytes(report, drawn, main);
        }

        if (report.IsRun)
        {
            yield return Learning(drawn[0].Group);
            yield return Rate(drawn[0].Group);
        }
        else if (main is not null && main.Name != "loss")
        {
            yield return OverEpochs(report, drawn, Measure.All[^1]);
        }
    }

    /// <summary>A measure by epoch.</summary>
    /// <param name="report">Provides the names.</param>
    /// <param name="drawn">The groups.</param>
    /// <param name="measure">The vertical axis.</param>
    public static LineChart OverEpochs(Report report, IReadOnlyList<(ReportedStudy Study, RunGroup Group)> drawn, Measure measure) =>
        Chart(report, drawn, measure, "epochs", "epoch") with
        {
            Series = [.. drawn.Select(g => new LineSeries(Short(NameOf(report, g.Study, g.Group)), CurvePoint.ToLine(g.Group.Curve, measure.Name)))],
            IsCounted = true,
        };

    /// <summary>A measure by traffic, on a logarithmic axis; a group without traffic is a horizontal line.</summary>
    /// <param name="report">Provides the names.</param>
    /// <param name="drawn">The groups.</param>
    /// <param name="measure">The vertical axis.</param>
    public static LineChart OverBytes(Report report, IReadOnlyList<(ReportedStudy Study, RunGroup Group)> drawn, Measure measure)
    {
        ILookup<bool, (string Name, RunGroup Group, int Style)> spend = drawn
            .Select((g, i) => (Name: Short(NameOf(report, g.Study, g.Group)), g.Group, i))
            .ToLookup(g => SpendsBytes(g.Group));
        return Chart(report, drawn, measure, "bytes", "MB sent and received") with
        {
            Series = [.. spend[true].Select(g => new LineSeries(g.Name, CurvePoint.ToLine(g.Group.Curve, measure.Name, RunNumbers.Bytes)) { Style = g.Style })],
            References = [.. from g in spend[false] let last = g.Group.Of(measure.Name) where last is not null select new LineReference($"{g.Name}, last epoch", last.Value.Mean)],
            IsLogarithmic = true,
            XUnit = Mega,
        };
    }

    /// <summary>The name of a group, with its study where there are two.</summary>
    public static string NameOf(Report report, ReportedStudy study, RunGroup group) => report.IsComparison && group.Label != study.Name ? $"{study.Name}: {group.Label}" : group.Label;

    private static bool SpendsBytes(RunGroup group) => group.Curve.Any(p => p.Numbers.TryGetValue(RunNumbers.Bytes, out Statistic bytes) && bytes.Mean > 0);

    private static LineChart Chart(Report report, IReadOnlyList<(ReportedStudy Study, RunGroup Group)> drawn, Measure measure, string over, string xTitle)
    {
        IEnumerable<string> ends = drawn
            .Where(g => g.Group.Of(measure.Name) is not null)
            .Select(g => string.Create(CultureInfo.InvariantCulture, $"{NameOf(report, g.Study, g.Group)} {g.Group.Of(measure.Name)!.Value.Text(measure.Format)}"));
        return new LineChart(
            $"Test {measure.Title} over {over}", $"{measure.Title} on the test set over {over}; at the end: {string.Join(", ", ends)}.", xTitle, measure.Title, []);
    }

    private static LineChart Learning(RunGroup group) => new(
        "Loss over epochs",
        "Loss on the training samples, on those held out for validation and on the test set, over epochs.",
        "epoch",
        "loss",
        [.. Losses.Select(l => new LineSeries(l.Name, CurvePoint.ToLine(group.Curve, l.Column))).Where(s => s.Points.Count > 0)])
    {
        IsCounted = true,
    };

    private static LineChart Rate(RunGroup group) =>
        new("Learning rate over epochs", "The learning rate of every epoch.", "epoch", "learning rate", [new LineSeries("learning rate", CurvePoint.ToLine(group.Curve, "lr"))]) { IsCounted = true };

    // Less is better; unknown values and NaN come last.
    private static double Worth(RunGroup group, Measure main) => (group.Of(main.Name)?.Mean ?? group.Curve[^1].Numbers.GetValueOrDefault(main.Name).Mean) switch
    {
        double.NaN => double.PositiveInfinity,
        var value => main.IsError ? value : -value,
    };

    private static string Short(string name) => name.Length <= LongestName ? name : $"{name[..(LongestName - 1)]}…";
}
