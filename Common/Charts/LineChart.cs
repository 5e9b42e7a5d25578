using System.Xml.Linq;

namespace TraversalLearning.Charts;

/// <summary>A point of a line, and the band about it.</summary>
/// <param name="X">Across.</param>
/// <param name="Y">Upwards.</param>
/// <param name="Low">Where the band begins; no band is drawn where it is not below <paramref name="High"/>.</param>
/// <param name="High">Where it ends.</param>
public readonly record struct LinePoint(double X, double Y, double Low, double High);

/// <summary>A line.</summary>
/// <param name="Name">In the legend.</param>
/// <param name="Points">From left to right.</param>
public sealed record LineSeries(string Name, IReadOnlyList<LinePoint> Points)
{
    /// <summary>Which colour and dashes it has, so that it looks the same in several charts; <see langword="null"/> for those of its place.</summary>
    public int? Style { get; init; }
}

/// <summary>A value that holds everywhere, drawn across.</summary>
/// <param name="Name">In the legend.</param>
/// <param name="Y">The value.</param>
public sealed record LineReference(string Name, double Y);

/// <summary>
/// Lines with bands about them, as SVG: no script, no font of its own, readable on a light and on a dark page, and told apart by dashes and marks too.
/// Points that are not finite, or not above 0 on a logarithmic axis, are left out.
/// </summary>
/// <param name="Title">Above it.</param>
/// <param name="Description">Accessible description.</param>
/// <param name="XTitle">Title of the x axis.</param>
/// <param name="YTitle">Title of the y axis.</param>
/// <param name="Series">In the order of the legend.</param>
public sealed record LineChart(string Title, string Description, string XTitle, string YTitle, IReadOnlyList<LineSeries> Series)
{
    private const int Width = 900;
    private const int Height = 460;
    private const int Left = 76;
    private const int Right = 240;
    private const int Top = 62;
    private const int Bottom = 56;

    private static readonly string[] Dashes = ["", "9 4", "2 3", "9 4 2 4", "16 4", "5 2", "2 6"];

    /// <summary>Whether the axis across is logarithmic.</summary>
    public bool IsLogarithmic { get; init; }

    /// <summary>Whether what is across is counted, so that there is nothing between two whole numbers.</summary>
    public bool IsCounted { get; init; }

    /// <summary>How much one of <see cref="XTitle"/> is, in what points have across: a million where they have bytes and the title says MB.</summary>
    public double XUnit { get; init; } = 1;

    /// <summary>Values that are drawn across.</summary>
    public IReadOnlyList<LineReference> References { get; init; } = [];

    /// <summary>The picture.</summary>
    public string ToSvg() => ToElement() + "\n";

    /// <summary>The same, to be put into a page; marks have the exact values of their points as <c>data-x</c> and <c>data-y</c>.</summary>
    public XElement ToElement()
    {
        LinePoint[][] lines = [.. Series.Select(s => s.Points.Where(IsDrawn).ToArray())];
        LinePoint[] points = [.. lines.SelectMany(l => l)];
        double[] heights = [.. points.SelectMany(p => new[] { p.Y, p.Low, p.High }).Concat(References.Select(r => r.Y)).Where(double.IsFinite)];
        var x = Axis.Over(points.Select(p => p.X), IsLogarithmic, Left, Width - Right);
        var y = Axis.Over(heights, isLogarithmic: false, Height - Bottom, Top);
        XElement root = Svg.Root(Width, Height, Title, Description);
        root.Add(Svg.Text(10, 22, Title, "start", "t"));
        root.Add(x.Ticks.Where(t => !IsCounted || double.IsInteger(t)).Select(t => new[]
        {
            Svg.Line(x.At(t), Top, x.At(t), Height - Bottom, "g"), Svg.Text(x.At(t), Height - Bottom + 18, Svg.Label(t / XUnit), "middle"),
        }));
        root.Add(y.Ticks.Select(t => new[]
        {
            Svg.Line(Left, y.At(t), Width - Right, y.At(t), "g"), Svg.Text(Left - 8, y.At(t) + 4, Svg.Label(t), "end"),
        }));
        root.Add(Svg.Text((Left + Width - Right) / 2.0, Height - 14, XTitle, "middle"), Svg.Text(10, Top - 16, YTitle, "start"));

        // All bands first: none hides a line.
        root.Add(lines.Select((line, i) => Band(line, i, x, y)).OfType<XElement>());
        root.Add(lines.Select((line, i) => Line(line, i, x, y)));
        root.Add(References.Select(r => Svg.Line(Left, y.At(r.Y), Width - Right, y.At(r.Y), "r")));
        root.Add(Legend());
        return root;
    }

    private XElement? Band(LinePoint[] line, int index, Axis x, Axis y)
    {
        IEnumerable<string> there = line.Select(p => Svg.Point(x.At(p.X), y.At(p.High)));
        IEnumerable<string> back = line.Reverse().Select(p => Svg.Point(x.At(p.X), y.At(p.Low)));
        return Array.Exists(line, p => p.Low < p.High)
            ? new XElement(
                Svg.Namespace + "polygon",
                new XAttribute("points", string.Join(' ', there.Concat(back))),
                new XAttribute("fill", Svg.Colour(StyleOf(index))),
                new XAttribute("fill-opacity", "0.16"))
            : null;
    }

    /// <summary>A line with a mark at each point, so that one point alone is seen too.</summary>
    private XElement Line(LinePoint[] line, int index, Axis x, Axis y) => new(
        Svg.Namespace + "g",
        new XAttribute("class", "s"),
        new XElement(Svg.Namespace + "title", Series[index].Name),
        new XElement(
            Svg.Namespace + "polyline",
            new XAttribute("points", string.Join(' ', line.Select(p => Svg.Point(x.At(p.X), y.At(p.Y))))),
            new XAttribute("fill", "none"),
            new XAttribute("stroke", Svg.Colour(StyleOf(index))),
            new XAttribute("stroke-width", "2"),
            new XAttribute("stroke-dasharray", Dashes[StyleOf(index) % Dashes.Length])),
        line.Select(p => new XElement(
            Svg.Namespace + "circle",
            new XAttribute("cx", Svg.Number(x.At(p.X))),
            new XAttribute("cy", Svg.Number(y.At(p.Y))),
            new XAttribute("r", "3"),
            new XAttribute("fill", Svg.Colour(StyleOf(index))),
            new XAttribute("data-x", Svg.Exact(p.X)),
            new XAttribute("data-y", Svg.Exact(p.Y)),
            new XElement(Svg.Namespace + "title", $"{Series[index].Name}: {YTitle} {Svg.Label(p.Y)} at {XTitle} {Svg.Label(p.X / XUnit)}"))));

    private IEnumerable<XElement> Legend()
    {
        const int Start = Width - Right + 14;
        for (int i = 0; i < Series.Count; i++)
        {
            int row = Top + 8 + (20 * i);
            XElement sample = Svg.Line(Start, row, Start + 30, row, "l");
            sample.Add(new XAttribute("stroke", Svg.Colour(StyleOf(i))), new XAttribute("stroke-width", "2"), new XAttribute("stroke-dasharray", Dashes[StyleOf(i) % Dashes.Length]));
            yield return sample;
            yield return Svg.Text(Start + 38, row + 4, Series[i].Name, "start");
        }

        for (int i = 0; i < References.Count; i++)
        {
            int row = Top + 8 + (20 * (Series.Count + i));
            yield return Svg.Line(Start, row, Start + 30, row, "r");
            yield return Svg.Text(Start + 38, row + 4, References[i].Name, "start");
        }
    }

    private int StyleOf(int index) => Series[index].Style ?? index;

    private bool IsDrawn(LinePoint point) => double.IsFinite(point.X) && double.IsFinite(point.Y) && (!IsLogarithmic || point.X > 0);
}
