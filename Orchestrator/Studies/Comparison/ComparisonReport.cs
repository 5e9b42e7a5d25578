using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using TraversalLearning.Charts;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Runs;

namespace TraversalLearning.Orchestration.Studies.Comparison;

/// <summary>What a comparison says: to whoever started it, and as files for people and for programs.</summary>
/// <param name="results">Of the comparison.</param>
/// <param name="command">The command that made it.</param>
internal sealed class ComparisonReport(ComparisonResults results, string command)
{
    /// <summary>Writes <c>compare.md</c>, <c>compare.csv</c>, <c>compare.json</c> and the charts, and the report that studies have.</summary>
    /// <exception cref="UserErrorException">One cannot be written.</exception>
    public void Write(ComparisonFolder folder)
    {
        folder.Write("compare.csv", ComparisonFigures.ToCsv(results));
        folder.Write("compare.json", ComparisonFigures.ToJson(results, command));
        if (results.Measures.Count > 0)
        {
            folder.Write("epochs.svg", ComparisonCharts.OverEpochs(results).ToSvg());
            folder.Write("bytes.svg", ComparisonCharts.OverBytes(results).ToSvg());
        }

        folder.Write("compare.md", ToMarkdown());
        StudyReport.Write(folder.Path);
    }

    /// <summary>The tables as a terminal shows them.</summary>
    public string ToText() => Compose(static table => table.ToText(), heading => $"{heading}\n\n");

    /// <summary>The tables with the command that made them, to be pasted into a page.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder("```\n").Append(command).Append("\n```\n\n");
        text.Append(Compose(static table => table.ToMarkdown(), heading => $"**{heading}**\n\n"));
        if (results.Measures.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n![Test {results.Measures[0].Title} over epochs](epochs.svg)\n![Test {results.Measures[0].Title} over bytes](bytes.svg)\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"\nVersion {ProductInfo.Version}, {RuntimeInformation.FrameworkDescription}, {Environment.ProcessorCount} cores.\n").ToString();
    }

    private string Compose(Func<Table, string> show, Func<string, string> heading)
    {
        PlannedRun first = results.Runs[0].Plan;
        var text = new StringBuilder();
        int repetitions = results.Runs.Max(r => r.Plan.Repetition);
        string of = repetitions == 1 ? "one run each" : string.Create(CultureInfo.InvariantCulture, $"mean ± standard deviation (n − 1) of {repetitions} runs each");
        text.Append(heading(string.Create(CultureInfo.InvariantCulture, $"After {first.Options.Epochs} epoch{(first.Options.Epochs == 1 ? string.Empty : "s")}, {of}")));
        text.Append(show(ComparisonTables.AtEqualEpochs(results)));
        if (results.HasCentralized)
        {
            text.Append('\n').Append(CentralizedEquality.Explain(first.Options.ElementType)).Append('\n');
        }

        if (ComparisonTables.AtEqualBytes(results) is { } atEqualBytes)
        {
            text.Append('\n').Append(heading(string.Create(
                CultureInfo.InvariantCulture, $"At equal bytes: after the last epoch within {results.EqualBytes / 1e6:0.0} MB sent and received")));
            text.Append(show(atEqualBytes));
            text.Append(CultureInfo.InvariantCulture, $"\n{Table.Nothing} where the first epoch alone costs more.\n");
        }

        foreach (ComparedRun failed in results.Failed)
        {
            text.Append(CultureInfo.InvariantCulture, $"\nFailed: {failed.Plan.Title}: {failed.Failure}\n");
        }

        return text.ToString();
    }
}
