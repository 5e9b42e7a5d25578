using System.Text;

namespace TraversalLearning.Benchmarks.Reports;

/// <summary>Where results go: each section as <c>NAME.csv</c>, <c>NAME.md</c> and <c>NAME.svg</c>, and all of them on one page, <c>README.md</c>.</summary>
/// <param name="folder">Made where it is missing; files of an earlier run are written over.</param>
internal sealed class ReportFolder(string folder)
{
    /// <summary>Writes all of it.</summary>
    /// <param name="machine">Where and when it was measured, a line each.</param>
    /// <param name="sections">What was measured.</param>
    public void Write(IReadOnlyList<string> machine, IReadOnlyList<Section> sections)
    {
        Directory.CreateDirectory(folder);
        var page = new StringBuilder("# Measurements\n\nWritten by `./bench.sh`; [Performance](../explanation/performance.md) explains what is measured and how to read it.\n\n");
        foreach (string line in machine)
        {
            page.Append("- ").Append(line).Append('\n');
        }

        foreach (Section section in sections)
        {
            string markdown = section.Table.ToMarkdown();
            Write($"{section.Name}.csv", section.Table.ToCsv());
            Write($"{section.Name}.md", markdown);
            page.Append("\n## ").Append(section.Title).Append("\n\n").Append(section.Note).Append("\n\n");
            if (section.Chart is { } chart)
            {
                Write($"{section.Name}.svg", chart.ToSvg());
                page.Append("![").Append(section.Title).Append("](").Append(section.Name).Append(".svg)\n\n");
            }

            page.Append(markdown);
        }

        Write("README.md", page.ToString());
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(folder, name), text);
}
