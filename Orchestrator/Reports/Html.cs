using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using TraversalLearning.Charts;
using TraversalLearning.Orchestration.Reports.Results;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>The elements that a report's page is made of. Texts are nodes of a tree, so that whatever they say stays text.</summary>
internal static class Html
{
    /// <summary>An element.</summary>
    /// <param name="name">Of the element.</param>
    /// <param name="content">Texts, elements, attributes and lists of them. Without any it has an end tag all the same, which HTML needs.</param>
    public static XElement Of(string name, params object?[] content) => new(name, content, string.Empty);

    /// <summary>An attribute.</summary>
    public static XAttribute With(string name, string value) => new(name, value);

    /// <summary>A number as people read it, with its exact value for programs and for sorting.</summary>
    public static object Number(double? value, string format, double unit = 1) => value switch
    {
        null => Table.Nothing,
        { } number when double.IsFinite(number) => Of("data", With("value", RunNumbers.Exact(number)), (number / unit).ToString(format, CultureInfo.InvariantCulture)),
        double.PositiveInfinity => "∞",
        double.NegativeInfinity => "−∞",
        _ => "NaN",
    };

    /// <summary>A count.</summary>
    public static object Number(int value) => Number(value, "0");

    /// <summary>A mean and, where there is one, its deviation.</summary>
    public static object Mean(Statistic? statistic, string format, double unit = 1) => statistic is not { } s ? Table.Nothing
        : s.Deviation is { } deviation ? new object[] { Number(s.Mean, format, unit), " ± ", Number(deviation, format.TrimStart('+'), unit) }
        : Number(s.Mean, format, unit);

    /// <summary>A time as <c>events.jsonl</c> has it, to the second.</summary>
    public static object Time(string? time) => time is not { Length: >= 19 } ? Table.Nothing
        : Of("time", With("datetime", time), $"{time[..19].Replace('T', ' ')} UTC");

    /// <summary>A text; a dash where there is none.</summary>
    public static object Text(string? text) => string.IsNullOrEmpty(text) ? Table.Nothing : text;

    /// <summary>A table in a box of its own, within which it scrolls where the page is narrower.</summary>
    /// <param name="caption">What it shows.</param>
    /// <param name="columns">Titles; the first is that of what rows are called.</param>
    /// <param name="rows">A cell for each column.</param>
    /// <param name="sortable">Whether its columns sort it, where scripts run.</param>
    public static XElement Grid(string caption, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<object?>> rows, bool sortable = false) => Wide(
        caption,
        Of(
            "table",
            sortable ? With("class", "sortable") : null,
            Of("caption", caption),
            Of("thead", Of("tr", columns.Select(c => Of("th", With("scope", "col"), c)))),
            "\n",
            Of("tbody", rows.Select(row => new object[] { Of("tr", row.Select((cell, i) => i == 0 ? Of("th", With("scope", "row"), cell) : Of("td", cell))), "\n" }))));

    /// <summary>What a grid says, as plain text.</summary>
    public static Table ToTable(XElement grid)
    {
        string[][] rows = [.. grid.Descendants("tr").Select(row => row.Elements().Select(cell => cell.Value).ToArray())];
        var table = new Table(rows[0]);
        Array.ForEach(rows[1..], table.Add);
        return table;
    }

    /// <summary>A picture in a box of its own.</summary>
    public static XElement Picture(XElement svg) => Of("figure", Wide(svg.Element(svg.Name.Namespace + "title")!.Value, svg));

    /// <summary>What is shown when somebody asks for it.</summary>
    public static XElement Folded(object title, params object?[] content) => Of("details", Of("summary", title), content);

    /// <summary>A part of the page.</summary>
    public static XElement Section(string title, params object?[] content) => Of("section", Of("h2", title), "\n", content);

    /// <summary>Replaces what XML cannot hold, whoever wrote it.</summary>
    public static void Clean(XElement root)
    {
        foreach (XText text in root.DescendantNodes().OfType<XText>())
        {
            text.Value = Clean(text.Value);
        }

        foreach (XAttribute attribute in root.DescendantsAndSelf().Attributes())
        {
            attribute.Value = Clean(attribute.Value);
        }
    }

    private static string Clean(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!XmlConvert.IsXmlChar(text[i]))
            {
                return string.Concat(text.EnumerateRunes().Select(r => r.IsBmp && !XmlConvert.IsXmlChar((char)r.Value) ? "\uFFFD" : r.ToString()));
            }
        }

        return text;
    }

    private static XElement Wide(string label, XElement content) =>
        Of("div", With("class", "wide"), With("role", "region"), With("tabindex", "0"), With("aria-label", label), content);
}
