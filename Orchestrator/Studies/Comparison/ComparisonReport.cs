using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using TraversalLearning.Charts;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Runs;

namespace TraversalLearning.Orchestration.Studies.Comparison;

/// <summary>
/// The report of a study whose runs differ only in their algorithm, for the terminal and as Markdown.
/// </summary>
/// <param name="report">The study's report.</param>
/// <param name="plan">Its runs, in their order.</param>
internal sealed class ComparisonReport(Report report, IReadOnlyList<PlannedRun> plan)
{
    /// <summary>Writes <c>compare.md</c> with its charts, besides the files of every report.</summary>
    /// <exception cref="UserErrorException">A file cannot be written.</exception>
    public void Write(string folder)
    {
        StudyReport.Write(folder, report);
        (string File, LineChart Chart)[] charts = [.. from main in report.Measures.Take(1) from chart in ChartsOf([.. report.Groups], main) select chart];
        foreach ((string file, LineChart chart) in charts)
        {
            ReportFile.Write(Path.Combine(folder, file), chart.ToSvg());
        }

        string pictures = string.Concat(charts.Select(c => $"![{c.Chart.Title}]({c.File})\n").Prepend("\n"));
        string versions = string.Create(CultureInfo.InvariantCulture, $"\nVersion {ProductInfo.Version}, {RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores.\n");
        string tables = Compose(static table => table.ToMarkdown(), heading => $"**{heading}**\n\n");
        ReportFile.Write(Path.Combine(folder, "compare.md"), $"```\n{report.Studies[0].Command}\n```\n\n{tables}{(charts.Length > 0 ? pictures : string.Empty)}{versions}");
    }

    /// <summary>The tables as plain text.</summary>
    public string ToText() => Compose(static table => table.ToText(), heading => $"{heading}\n\n");

    private (string File, LineChart Chart)[] ChartsOf(IReadOnlyList<(ReportedStudy Study, RunGroup Group)> groups, Reports.Results.Measure measure) =>
        [("epochs.svg", ReportCharts.OverEpochs(report, groups, measure)), ("bytes.svg", ReportCharts.OverBytes(report, groups, measure))];

    private string Compose(Func<Table, string> show, Func<string, string> heading)
    {
        var text = new StringBuilder();
        int epochs = plan[0].Options.Epochs;
        int repetitions = plan.Max(r => r.Repetition);
        string of = repetitions == 1 ? "one run each" : string.Create(CultureInfo.InvariantCulture, $"mean ± standard deviation (n − 1) of {repetitions} runs each");
        text.Append(heading(string.Create(CultureInfo.InvariantCulture, $"After {epochs} epoch{(epochs == 1 ? string.Empty : "s")}, {of}")));
        text.Append(show(Html.ToTable(ReportTables.Groups(report, withStops: false))));
        if (report.HasCentralized)
        {
            text.Append('\n').Append(CentralizedEquality.Explain(report)).Append('\n');
        }

        if (ReportTables.AtEqualBytes(report) is { } atEqualBytes)
        {
            text.Append('\n').Append(heading(string.Create(
                CultureInfo.InvariantCulture, $"At equal bytes: after the last epoch within {report.EqualBytes / 1e6:0.0} MB sent and received")));
            text.Append(show(Html.ToTable(atEqualBytes)));
            text.Append(CultureInfo.InvariantCulture, $"\n{Table.Nothing} where the first epoch alone costs more.\n");
        }

        foreach ((PlannedRun planned, ReportedRun run) in plan.Zip(report.Runs).Where(r => r.Second.State == StudyRunState.Failed))
        {
            text.Append(CultureInfo.InvariantCulture, $"\nFailed: {planned.Title}: {run.Failure}\n");
        }

        return text.ToString();
    }
}
