using System.Xml.Linq;
using TraversalLearning.Benchmarks.Reports;
using TraversalLearning.Charts;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Bench;

public sealed class ReportTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Test]
    public void Csv_quotes_what_would_be_read_as_something_else()
    {
        Table table = Sample();
        Assert.That(table.ToCsv(), Is.EqualTo("who,ms\nplain,1.50\n\"a, \"\"b\"\" | c\",\n"));
    }

    [Test]
    public void Markdown_has_numbers_on_the_right_and_no_bar_too_many() => Assert.That(
        Sample().ToMarkdown(), Is.EqualTo("| who | ms |\n| --- | ---: |\n| plain | 1.50 |\n| a, \"b\" \\| c |  |\n"));

    [Test]
    public void A_row_has_a_cell_for_each_column() => Assert.That(() => new Table("a", "b").Add("1"), Throws.InstanceOf<ArgumentException>());

    [Test]
    public void A_chart_is_well_formed_and_has_every_bar_label_and_segment()
    {
        Bar[] bars = [new("mlp <64> & \"more\"", [1, 2, 3], Low: 5, High: 7), new("b", [4, 0, 0])];
        string text = new BarChart("A & B", "ms", ["x", "<y>", "z"], bars, Reference: 2).ToSvg();
        XElement svg = XDocument.Parse(text).Root!;
        Assert.That(svg.Name, Is.EqualTo(Svg + "svg"));
        string[] texts = [.. svg.Elements(Svg + "text").Select(t => t.Value)];
        Assert.That(texts, Does.Contain("A & B (ms)").And.Contain("mlp <64> & \"more\"").And.Contain("b").And.Contain("<y>").And.Contain("6"));
        Assert.That(svg.Elements(Svg + "rect").Count(), Is.EqualTo(3 + 6), "legend and segments");

        // Nothing is drawn outside of the picture, and bars are as long as they say.
        double width = (double)svg.Attribute("width")!;
        double[] lengths = [.. svg.Elements(Svg + "rect").Skip(3).Select(r => (double)r.Attribute("width")!)];
        Assert.That(lengths[1] / lengths[0], Is.EqualTo(2).Within(0.01));
        Assert.That(svg.Elements(Svg + "rect").Select(r => (double)r.Attribute("x")! + (double)r.Attribute("width")!), Has.All.LessThan(width));
    }

    [TestCase(0.003)]
    [TestCase(1.0)]
    [TestCase(4.99)]
    [TestCase(1234.0)]
    public void An_axis_has_a_few_lines(double longest) => Assert.That(longest / BarChart.Step(longest), Is.InRange(4, 10));

    [Test]
    public void A_chart_of_nothing_is_a_picture_all_the_same() =>
        Assert.That(() => XDocument.Parse(new BarChart("t", "u", ["s"], []).ToSvg()), Throws.Nothing);

    [Test]
    public void A_report_is_a_page_with_its_files_beside_it()
    {
        using var folder = new TempFolder();
        string output = folder["bench"];
        new ReportFolder(output).Write(
            ["a machine"], [new Section("one", "First", "How to read it.", Sample(), new BarChart("t", "u", ["s"], [new Bar("b", [1])])), new Section("two", "Second", "n", Sample())]);
        Assert.That(Directory.GetFiles(output).Select(Path.GetFileName), Is.EquivalentTo((string[])["README.md", "one.csv", "one.md", "one.svg", "two.csv", "two.md"]));
        string page = File.ReadAllText(Path.Combine(output, "README.md"));
        Assert.That(page, Does.Contain("- a machine").And.Contain("## First\n\nHow to read it.\n\n![First](one.svg)\n\n| who | ms |").And.Contain("## Second"));
    }

    private static Table Sample()
    {
        var table = new Table("who", "ms");
        table.Add("plain", Table.Number(1.5));
        table.Add("a, \"b\" | c", Table.Number(null));
        return table;
    }
}
