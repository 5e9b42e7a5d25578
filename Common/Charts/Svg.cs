using System.Globalization;
using System.Xml.Linq;

namespace TraversalLearning.Charts;

/// <summary>The parts that charts are made of: no script, no font of their own, readable on a light and on a dark page.</summary>
internal static class Svg
{
    private const string Style =
        "text{font:12px system-ui,sans-serif;fill:#24292f}.t{font-weight:600;font-size:15px}.g{stroke:#8c959f;stroke-opacity:.35}.r{stroke:#cf222e;stroke-dasharray:4 3}"
        + ".w{stroke:#24292f}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.w{stroke:#e6edf3}}";

    // Told apart also by who does not see all colours (Okabe and Ito), and for more series darker and lighter ones.
    private static readonly string[] Colours =
        ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#999999", "#d55e00", "#f0e442", "#785ef0", "#6b4226", "#8fd175", "#b3446c", "#a6bddb", "#5c6b2f"];

    /// <summary>That of all elements.</summary>
    public static XNamespace Namespace { get; } = "http://www.w3.org/2000/svg";

    /// <summary>An empty picture.</summary>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="title">Accessible title.</param>
    /// <param name="description">Accessible description; <see langword="null"/> if the title suffices.</param>
    public static XElement Root(int width, int height, string title, string? description = null) => new(
        Namespace + "svg",
        new XAttribute("viewBox", $"0 0 {width} {height}"),
        new XAttribute("width", width),
        new XAttribute("height", height),
        new XAttribute("role", "img"),
        new XElement(Namespace + "title", title),
        description is null ? null : new XElement(Namespace + "desc", description),
        new XElement(Namespace + "style", Style));

    /// <summary>The colour of a series; after the last one the first again.</summary>
    public static string Colour(int series) => Colours[series % Colours.Length];

    /// <summary>A value for people.</summary>
    public static string Label(double value) => value.ToString(Math.Abs(value) < 1000 ? "G4" : "0", CultureInfo.InvariantCulture);

    /// <summary>A value for programs: all of its digits.</summary>
    public static string Exact(double value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>A coordinate.</summary>
    public static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>A point of a list of points.</summary>
    public static string Point(double x, double y) => $"{Number(x)},{Number(y)}";

    /// <summary>A text.</summary>
    public static XElement Text(double x, double y, string text, string anchor, string? style = null) => new(
        Namespace + "text",
        new XAttribute("x", Number(x)),
        new XAttribute("y", Number(y)),
        new XAttribute("text-anchor", anchor),
        style is null ? null : new XAttribute("class", style),
        text);

    /// <summary>A straight line.</summary>
    public static XElement Line(double x1, double y1, double x2, double y2, string style) => new(
        Namespace + "line",
        new XAttribute("x1", Number(x1)),
        new XAttribute("y1", Number(y1)),
        new XAttribute("x2", Number(x2)),
        new XAttribute("y2", Number(y2)),
        new XAttribute("class", style));
}
