using System.Globalization;
using TraversalLearning.Data;
using TraversalLearning.Data.Tables;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Data;

/// <summary>
/// Two nodes with tables that differ in one way: each way either changes nothing, or is refused, or pointed out, by name. The tables are drawn anew for every seed.
/// </summary>
public sealed class TableComparisonTests
{
    private const string Schema = """{"label":"y","categorical":["site"]}""";
    private const string Header = "age,dose,site,y";

    /// <summary>What one difference between two parties does.</summary>
    /// <param name="Name">Of the difference.</param>
    /// <param name="Schema">The second party's schema.</param>
    /// <param name="Change">Makes the second party's file of its header and rows.</param>
    /// <param name="Refused">What the refusal says; <see langword="null"/> if it is none.</param>
    /// <param name="Warned">What is pointed out; <see langword="null"/> if nothing is.</param>
    public sealed record Way(string Name, string Schema, Func<string[], string> Change, string? Refused = null, string? Warned = null)
    {
        /// <summary>For the name of a test.</summary>
        public override string ToString() => Name;
    }

    private static IEnumerable<Way> Ways()
    {
        string Each(string[] rows, Func<string[], string[]> change, string header = Header) =>
            Tables.File(rows.Select(r => string.Join(',', change(r.Split(',')))), header);
        string Cell(string[] rows, int column, Func<string, string> change) => Each(rows, f => [.. f.Select((v, c) => c == column ? change(v) : v)]);
        string OneRow(string[] rows, int column, string value) => Tables.File([rows[0], .. rows[1..^1], string.Join(',', rows[^1].Split(',').Select((v, c) => c == column ? value : v))], Header);

        // What changes nothing.
        yield return new("the same", Schema, rows => Tables.File(rows, Header));
        yield return new("columns in another order", Schema, rows => Each(rows, f => [.. f.Reverse()], "y,site,dose,age"));
        yield return new("a byte order mark", Schema, rows => "\uFEFF" + Tables.File(rows, Header));
        yield return new("other line ends", Schema, rows => Tables.File(rows, Header).Replace("\n", "\r\n", StringComparison.Ordinal));
        yield return new("quotes", Schema, rows => Each(rows, f => [.. f.Select(v => $"\"{v}\"")]));
        yield return new("blanks around values", Schema, rows => Each(rows, f => [.. f.Select(v => $" {v}\u00A0")]));
        yield return new("blanks of no width", Schema, rows => Each(rows, f => [.. f.Select(v => $"\uFEFF{v}\u200B")]));
        yield return new("classes as decimals", Schema, rows => Cell(rows, 3, v => v + ".0"));
        yield return new("classes with zeros in front", Schema, rows => Cell(rows, 3, v => "0" + v));
        yield return new("decomposed accents", Schema, rows => Cell(rows, 2, v => v.Replace("\u00F6", "o\u0308", StringComparison.Ordinal)));
        yield return new("numbers with an exponent", Schema, rows => Cell(rows, 0, v => double.Parse(v, CultureInfo.InvariantCulture).ToString("E16", CultureInfo.InvariantCulture)));
        yield return new("an ignored column", """{"label":"y","categorical":["site"],"ignore":["id"]}""", rows => Each(rows, f => ["7", .. f], "id," + Header));
        yield return new("no line end at the end", Schema, rows => Tables.File(rows, Header).TrimEnd());

        // What is refused.
        yield return new("another label column", """{"label":"site","categorical":["y"]}""", rows => Tables.File(rows, Header), Refused: "node 1 has the class 'y' predicted, and node 2 the class 'site'");
        yield return new("numbers to be predicted", """{"target":"y","categorical":["site"]}""", rows => Tables.File(rows, Header), Refused: "node 1 has the class 'y' predicted, and node 2 the number 'y'");
        yield return new("a column more", Schema, rows => Each(rows, f => ["7", .. f], "id," + Header), Refused: "node 2 has a column 'id', and node 1 has not");
        yield return new("a column less", Schema, rows => Each(rows, f => f[1..], Header[4..]), Refused: "node 1 has a column 'age', and node 2 has not");
        yield return new("a column spelled otherwise", Schema, rows => Tables.File(rows, "Age,dose,site,y"), Refused: "node 2 has a column 'Age', and node 1 has not (but 'age')");
        yield return new("a column of another kind", """{"label":"y"}""", rows => Cell(rows, 2, _ => "3"), Refused: "column 'site' is a category at node 1 and a number at node 2");
        yield return new("other values for missing", """{"label":"y","categorical":["site"],"missing":["unknown"]}""", rows => Tables.File(rows, Header), Refused: "and node 2 'UNKNOWN'; give all the same schema.json");
        yield return new("a closed list of classes", """{"label":"y","categorical":["site"],"classes":["0","2"]}""", rows => Cell(rows, 3, _ => "0"), Refused: "the class '1', which node 1 has in ");
        yield return new("a closed list of categories", """{"label":"y","categories":{"site":["K\u00F6ln","Mainz"]}}""", rows => Cell(rows, 2, _ => "Mainz"), Refused: "column 'site': the category 'Ulm', which node 1 has, is none of those that schema.json of node 2 names: Köln, Mainz");

        // What is pointed out.
        yield return new("a class spelled otherwise", Schema, rows => OneRow(rows, 3, "1e0"), Warned: "class '1' (node 1) and '1e0' (node 2) look like one and count as 2");
        yield return new("a class of one row", Schema, rows => OneRow(rows, 3, "7"), Warned: "the class '7' has one row, at node 2");
        yield return new("a category in capitals", Schema, rows => Cell(rows, 2, v => v.ToUpperInvariant()), Warned: "column 'site': category 'Ulm' (node 1) and 'ULM' (node 2) look like one");
        yield return new("a category without its accent", Schema, rows => Cell(rows, 2, v => v.Replace('\u00F6', 'o')), Warned: "'K\u00F6ln' (node 1)");
        yield return new("a category with a blank of no width", Schema, rows => Cell(rows, 2, v => v[0] + "\u200B" + v[1..]), Warned: "U\\u200Blm' (node 2) look like one");
        yield return new("another unit", Schema, rows => Cell(rows, 0, v => (double.Parse(v, CultureInfo.InvariantCulture) * 100).ToString(CultureInfo.InvariantCulture)), Warned: "column 'age' is ");
        yield return new("another spread", Schema, rows => Cell(rows, 1, v => ((double.Parse(v, CultureInfo.InvariantCulture) - 0.5) * 1000).ToString(CultureInfo.InvariantCulture)), Warned: "column 'dose' is ");
        yield return new("a column without a value", Schema, rows => Cell(rows, 1, _ => "NA"), Warned: "column 'dose' is missing in all rows of node 2");
    }

    [Test]
    public void Each_way_in_which_two_tables_differ_changes_nothing_or_is_told([ValueSource(nameof(Ways))] Way way, [Range(1, 8)] int seed)
    {
        string[] rows = Rows(seed);
        TableStatistics first = Of(Schema, Tables.File(rows, Header));
        TableStatistics second = Of(way.Schema, way.Change(rows));
        TableParty[] nodes = TableParty.OfNodes([first, second]);
        if (way.Refused is not null)
        {
            TableException e = Assert.Throws<TableException>((Action)(() => TableComparison.Require(nodes, test: null)))!;
            Assert.That(e.Message, Does.Contain(way.Refused));
            Assert.Throws<TableException>((Action)(() => TableStatistics.Merge([first, second])));
            return;
        }

        TableComparison.Require(nodes, test: null);
        IReadOnlyList<string> warnings = TableComparison.Warnings(nodes, test: null);
        Assert.That(warnings, way.Warned is null ? Is.Empty : Has.Some.Contains(way.Warned));
        if (way.Warned is null)
        {
            Assert.That(TableStatistics.Merge([first, second]).ToJson(), Is.EqualTo(TableStatistics.Merge([first, first]).ToJson()));
        }
    }

    [Test]
    public void A_test_set_is_held_against_the_nodes_as_they_are_against_each_other([ValueSource(nameof(Ways))] Way way)
    {
        string[] rows = Rows(seed: 1);
        TableParty[] nodes = TableParty.OfNodes([Of(Schema, Tables.File(rows, Header))]);
        var test = new TableParty("the test set", Of(way.Schema, way.Change(rows)));
        string? refused = way.Name switch
        {
            "a class of one row" => "the test set has the class '7' in 1 row, which is none of those that are trained with: 0, 1",
            "a class spelled otherwise" => "the test set has the class '1e0' in 1 row, which is none of those that are trained with: 0, 1 (but '1')",
            _ => way.Refused?.Replace("node 2", "the test set", StringComparison.Ordinal),
        };
        if (refused is not null)
        {
            Assert.That(Assert.Throws<TableException>((Action)(() => TableComparison.Require(nodes, test)))!.Message, Does.Contain(refused));
            return;
        }

        TableComparison.Require(nodes, test);
        bool isWarned = way.Warned is not null && !way.Name.EndsWith("without a value", StringComparison.Ordinal);
        Assert.That(TableComparison.Warnings(nodes, test), isWarned ? Is.Not.Empty : Is.Empty);
    }

    [Test]
    public void A_category_that_only_the_test_set_has_is_pointed_out()
    {
        TableParty[] nodes = TableParty.OfNodes([Of(Schema, Tables.File(Rows(1), Header))]);
        var test = new TableParty("the test set", Of(Schema, Tables.File([.. Rows(2), "50.5,0.25,Bonn,1"], Header)));
        Assert.That(TableComparison.Warnings(nodes, test).Single(), Is.EqualTo("column 'site': the test set has the category 'Bonn', which is none of those that are trained with: it counts as none of them"));
    }

    [Test]
    public void Where_all_name_the_same_classes_and_categories_these_are_there_whether_they_occur_or_not()
    {
        const string Closed = """{"label":"y","categories":{"site":["Ulm","Mainz","Bonn"]},"classes":[2,1,0]}""";
        TableStatistics one = Of(Closed, "site,y\nUlm,0\nMainz,0\n");
        TableStatistics other = Of(Closed, "site,y\nMainz,1\n");
        var merged = TableStatistics.Merge([one, other]);
        Assert.That(merged.Column("site")!.Categories, Is.EqualTo((string[])["Bonn", "Mainz", "Ulm"]));
        Assert.That(merged.Classes, Is.EqualTo((ClassCount[])[new("0", 2), new("1", 1), new("2", 0)]));
        Assert.That(Preparation.Of(merged).FeatureCount, Is.EqualTo(3));
        TableStatistics less = Of(Closed.Replace(",\"Bonn\"", string.Empty, StringComparison.Ordinal), "site,y\nMainz,1\n");
        Assert.That(
            Assert.Throws<TableException>((Action)(() => TableStatistics.Merge([one, less])))!.Message,
            Is.EqualTo("column 'site': the category 'Bonn', which schema.json of node 1 names, is none of those of node 2; give all the same schema.json"));
    }

    private static string[] Rows(int seed)
    {
        var random = new SeededRandom((ulong)seed);
        string[] sites = ["Ulm", "K\u00F6ln", "Mainz"];
        return [.. Enumerable.Range(0, 30).Select(i => string.Create(
            CultureInfo.InvariantCulture, $"{40 + (random.Next(300) / 10.0)},{random.Next(1000) / 1000.0},{sites[i < 3 ? i : random.Next(3)]},{(i < 2 ? i : random.Next(2))}"))];
    }

    private static TableStatistics Of(string schema, string file) => TableStatistics.Parse(TableStatistics.Of(Tables.Read(schema, file)).ToJson());
}
