using System.Globalization;
using System.Xml.Linq;
using TraversalLearning.Charts;

namespace TraversalLearning.Tests.Unit.Charts;

public sealed class LineChartTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static readonly LineSeries[] Series =
    [
        new("a & b", [new(1, 0.5, 0.4, 0.6), new(10, 0.75, 0.7, 0.8), new(100, 0.8, 0.8, 0.8)]),
        new("<c>", [new(1000, 0.6, 0.6, 0.6)]) { Style = 5 },
    ];

    [Test]
    public void Every_series_has_a_line_a_mark_for_each_point_and_its_name_in_the_legend()
    {
        XElement svg = Draw(new LineChart("A < B", "In words.", "epoch", "accuracy", Series));
        XElement[] groups = [.. svg.Elements(Svg + "g")];
        Assert.That(groups.Select(g => g.Element(Svg + "title")!.Value), Is.EqualTo((string[])["a & b", "<c>"]));
        Assert.That(groups.Select(g => g.Elements(Svg + "circle").Count()), Is.EqualTo((int[])[3, 1]));
        Assert.That(svg.Elements(Svg + "text").Select(t => t.Value), Is.SupersetOf((string[])["A < B", "a & b", "<c>", "epoch", "accuracy"]));
        Assert.That(svg.Elements(Svg + "polygon").Count(), Is.EqualTo(1), "a band where there is a deviation");
        string?[] colours = [.. groups.Select(g => (string?)g.Element(Svg + "polyline")!.Attribute("stroke"))];
        Assert.That(colours, Is.Unique);
    }

    [Test]
    public void Who_does_not_see_it_is_told_what_it_shows()
    {
        XElement svg = Draw(new LineChart("A < B", "In words.", "epoch", "accuracy", Series));
        Assert.That((svg.Element(Svg + "title")!.Value, svg.Element(Svg + "desc")!.Value, (string?)svg.Attribute("role")), Is.EqualTo(("A < B", "In words.", "img")));
        Assert.That(svg.Element(Svg + "style")!.Value, Does.Contain("prefers-color-scheme:dark"));
    }

    [Test]
    public void On_a_logarithmic_axis_every_power_of_ten_is_as_long()
    {
        XElement svg = Draw(new LineChart("t", "d", "MB", "accuracy", Series) { IsLogarithmic = true });
        double[] x = [.. svg.Elements(Svg + "g").SelectMany(g => g.Elements(Svg + "circle")).Select(c => Number(c, "cx"))];
        Assert.That(x[1] - x[0], Is.EqualTo(x[2] - x[1]).Within(0.02).And.EqualTo(x[3] - x[2]).Within(0.02).And.Positive);
        Assert.That(svg.Elements(Svg + "text").Select(t => t.Value), Is.SupersetOf((string[])["1", "10", "100", "1000"]));
    }

    [Test]
    public void Epochs_have_no_halves()
    {
        LineSeries two = new("a", [new(1, 0.5, 0.5, 0.5), new(2, 0.6, 0.6, 0.6)]);
        string[] texts = [.. Draw(new LineChart("t", "d", "epoch", "accuracy", [two]) { IsCounted = true }).Elements(Svg + "text").Select(t => t.Value)];
        Assert.That(texts, Does.Contain("1").And.Contain("2").And.None.EqualTo("1.2").And.None.EqualTo("1.5"));
    }

    [Test]
    public void A_line_across_lies_at_its_value_and_has_a_name()
    {
        XElement svg = Draw(new LineChart("t", "d", "MB", "accuracy", Series) { References = [new LineReference("best", 0.75)] });
        XElement across = svg.Elements(Svg + "line").First(l => (string?)l.Attribute("class") == "r");
        XElement same = svg.Elements(Svg + "g").First().Elements(Svg + "circle").ElementAt(1);
        Assert.That(Number(across, "y1"), Is.EqualTo(Number(same, "cy")));
        Assert.That(svg.Elements(Svg + "text").Select(t => t.Value), Does.Contain("best"));
    }

    [Test]
    public void What_cannot_be_drawn_is_left_out()
    {
        LineSeries odd = new("odd", [new(0, 1, 1, 1), new(double.NaN, 1, 1, 1), new(2, double.PositiveInfinity, 1, 1)]);
        Assert.That(Draw(new LineChart("t", "d", "x", "y", [odd]) { IsLogarithmic = true }).Descendants(Svg + "circle"), Is.Empty);
        Assert.That(Draw(new LineChart("t", "d", "x", "y", [])).Descendants(Svg + "polyline"), Is.Empty);
    }

    private static double Number(XElement element, string attribute) => double.Parse((string)element.Attribute(attribute)!, CultureInfo.InvariantCulture);

    private static XElement Draw(LineChart chart)
    {
        string text = chart.ToSvg();
        Assert.That(text, Does.Not.Contain("NaN").And.Not.Contain("∞").And.Not.Contain("Infinity"));
        return XDocument.Parse(text).Root!;
    }
}
