using System.Xml.Linq;

namespace TraversalLearning.Charts;

/// <summary>A bar: its label, what it is made of, and where its rounds lay.</summary>
/// <param name="Label">In front of it.</param>
/// <param name="Segments">From left to right, each of the chart's series.</param>
/// <param name="Low">The smallest round; not drawn where it is not below <paramref name="High"/>.</param>
/// <param name="High">The largest round.</param>
public sealed record Bar(string Label, IReadOnlyList<double> Segments, double Low = 0, double High = 0)
{
    /// <summary>How long it is.</summary>
    public double Total => Segments.Sum();
}

/// <summary>
/// Horizontal bars, each of one segment or of several, as SVG: no script, no font of its own, readable on a light and on a dark page.
/// </summary>
/// <param name="Title">Above it.</param>
/// <param name="Unit">Unit of the values.</param>
/// <param name="Series">Names of the segments; with more than one there is a legend.</param>
/// <param name="Bars">From top to bottom.</param>
/// <param name="Reference">Where a line is drawn; 0 for none.</param>
public sealed record BarChart(string Title, string Unit, IReadOnlyList<string> Series, IReadOnlyList<Bar> Bars, double Reference = 0)
{
    private const int Width = 900;
    private const int Left = 260;
    private const int Right = 120;
    private const int RowHeight = 22;
    private const int LegendWidth = 150;

    // Of bars without length, the axis goes to 1.
    private double Longest => Bars.Select(b => Math.Max(b.Total, b.High)).Append(Reference).Where(v => v > 0 && double.IsFinite(v)).DefaultIfEmpty(1).Max();

    /// <summary>The picture.</summary>
    public string ToSvg() => ToElement() + "\n";

    /// <summary>The same, to be put into a page; bars have their exact values as <c>data-value</c>.</summary>
    public XElement ToElement()
    {
        int perLine = (Width - 20) / LegendWidth;
        int legend = Series.Count > 1 ? 20 * ((Series.Count + perLine - 1) / perLine) : 0;
        int top = 40 + legend;
        int height = top + (Bars.Count * RowHeight) + 34;
        XElement root = Svg.Root(Width, height, Title);
        root.Add(Svg.Text(10, 22, $"{Title} ({Unit})", "start", "t"));
        if (Series.Count > 1)
        {
            root.Add(Series.Select((name, i) => Legend(name, i, 10 + (i % perLine * LegendWidth), 36 + (i / perLine * 20))));
        }

        double step = Step(Longest);
        for (int i = 0; i * step <= Longest * 1.001; i++)
        {
            double x = X(i * step);
            root.Add(Svg.Line(x, top, x, height - 28, "g"), Svg.Text(x, height - 12, Svg.Label(i * step), "middle"));
        }

        for (int i = 0; i < Bars.Count; i++)
        {
            root.Add(Draw(Bars[i], top + (i * RowHeight)));
        }

        if (Reference > 0)
        {
            root.Add(Svg.Line(X(Reference), top - 4, X(Reference), height - 28, "r"));
        }

        return root;
    }

    /// <summary>A round distance of lines, so that there are four to ten of them.</summary>
    internal static double Step(double longest)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(longest)));
        return (longest / power) switch
        {
            < 2 => power / 5,
            < 5 => power / 2,
            _ => power,
        };
    }

    private static XElement Rectangle(double x, double y, double width, double height, int series, string title) => new(
        Svg.Namespace + "rect",
        new XAttribute("x", Svg.Number(x)),
        new XAttribute("y", Svg.Number(y)),
        new XAttribute("width", Svg.Number(width)),
        new XAttribute("height", Svg.Number(height)),
        new XAttribute("fill", Svg.Colour(series)),
        new XElement(Svg.Namespace + "title", title));

    private static object[] Legend(string name, int series, double x, double y) => [Rectangle(x, y, 11, 11, series, name), Svg.Text(x + 16, y + 10, name, "start")];

    private double X(double value) => Left + (value / Longest * (Width - Left - Right));

    private IEnumerable<XElement> Draw(Bar bar, int y)
    {
        yield return Svg.Text(Left - 8, y + 15, bar.Label, "end");
        double start = 0;
        for (int i = 0; i < bar.Segments.Count; i++)
        {
            string title = $"{bar.Label}: {Series[Math.Min(i, Series.Count - 1)]} {Svg.Label(bar.Segments[i])} {Unit}";
            XElement segment = Rectangle(X(start), y + 4, X(start + bar.Segments[i]) - X(start), RowHeight - 8, i, title);
            segment.Add(new XAttribute("data-value", Svg.Exact(bar.Segments[i])));
            yield return segment;
            start += bar.Segments[i];
        }

        if (bar.Low < bar.High)
        {
            double middle = y + (RowHeight / 2.0);
            yield return Svg.Line(X(bar.Low), middle, X(bar.High), middle, "w");
            yield return Svg.Line(X(bar.Low), middle - 3, X(bar.Low), middle + 3, "w");
            yield return Svg.Line(X(bar.High), middle - 3, X(bar.High), middle + 3, "w");
        }

        yield return Svg.Text(X(Math.Max(bar.Total, bar.High)) + 6, y + 15, Svg.Label(bar.Total), "start");
    }
}
