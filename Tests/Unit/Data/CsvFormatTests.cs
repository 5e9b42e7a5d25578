using System.Runtime.InteropServices;
using TraversalLearning.Data;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Data;

/// <summary>What is read of a table's files, and how what is wrong with them is said.</summary>
public sealed class CsvFormatTests
{
    private const string Schema = """{"label":"y","categorical":["c"],"ignore":["id"]}""";

    private static IEnumerable<TestCaseData> Wrong()
    {
        (string Name, string Schema, string File, string Says)[] cases =
        [
            ("no number", Schema, "x,c,y\n1,a,u\n2,b,v\nthree,a,u\n", "train.csv: line 4, column 'x': 'three' is not a finite number"),
            ("infinite", Schema, "x,c,y\n1e999,a,u\n", "train.csv: line 2, column 'x': '1e999' is not a finite number"),
            ("decimal comma", Schema, "x,c,y\n\"1,5\",a,u\n", "line 2, column 'x': '1,5' is not a finite number"),
            ("behind a broken line", Schema, "x,c,y\n1,\"a\nb\",u\nz,a,u\n", "line 4, column 'x'"),
            ("no class", Schema, "x,c,y\n1,a,u\n1,a,NA\n", "line 3, column 'y': the class is missing"),
            ("too few values", Schema, "x,c,y\n1,a,u\n1,a\n", "line 3 has 2 values, and the header 3 columns"),
            ("too many values", Schema, "x,c,y\n1,a,u,7\n", "line 2 has 4 values, and the header 3 columns"),
            ("stray quote", Schema, "x,c,y\n1,a,u\n2,a\"b,u\n", "line 3: a quote stands inside a value"),
            ("open quote", Schema, "x,c,y\n1,\"a,u\n2,b,v\n", "line 2: a quote stands inside a value, or has lost its other one"),
            ("empty", Schema, "", "train.csv: is empty"),
            ("header only", Schema, "x,c,y\n", "train.csv: has no row behind its header"),
            ("no label", Schema, "x,c\n1,a\n", "has no column 'y', which schema.json names; its header is x,c"),
            ("no category", Schema, "x,y\n1,a\n", "has no column 'c'"),
            ("doubled column", Schema, "x,x,c,y\n1,1,a,u\n", "has the column 'x' twice"),
            ("unnamed column", Schema, "x,,c,y\n1,1,a,u\n", "column 2 of its header has no name"),
            ("nothing but the label", """{"label":"y","ignore":["x"]}""", "x,y\n1,u\n", "has no column but the label"),
            ("schema without label", """{"categorical":["c"]}""", "x,c,y\n1,a,u\n", "schema.json: is not of the form"),
            ("schema with another key", """{"label":"y","numeric":["x"]}""", "x,c,y\n1,a,u\n", "schema.json: is not of the form"),
            ("schema that names twice", """{"label":"y","ignore":["y"]}""", "x,y\n1,u\n", "schema.json: names the column 'y' twice"),
            ("too long a name", Schema, $"x,c,y\n1,{new string('n', 257)},u\n", "is longer than 256 bytes"),
            ("too many categories", Schema, "x,c,y\n" + string.Concat(Enumerable.Range(0, 1025).Select(i => $"1,n{i},u\n")), "column 'c' has 1025 categories, more than 1024"),
            ("too many columns", """{"label":"y"}""", $"{string.Concat(Enumerable.Range(0, 1025).Select(i => $"x{i},"))}y\n{string.Concat(Enumerable.Repeat("1,", 1025))}u\n", "there are 1025 columns, more than 1024"),
        ];
        return cases.Select(c => new TestCaseData(c.Schema, c.File, c.Says).SetArgDisplayNames(c.Name));
    }

    [Test]
    public void Numbers_names_and_classes_are_read_as_the_schema_says()
    {
        SampleSet table = Tables.Read(Schema, "id,y,x,c\r\n7,well,1.5,b\r\n8,ill,-2e3,\"a, \"\"1\"\"\"\r\n\r\n9, well ,  4 ,b");
        Assert.That(table.ToString(), Is.EqualTo("a table of 2 columns"));
        Assert.That(table.Table!.Columns.Select(c => c.Name), Is.EqualTo((string[])["x", "c"]), "ignored columns and the label are not there");
        Assert.That(table.Table.Columns[1].Categories, Is.EqualTo((string[])["a, \"1\"", "b"]));
        Assert.That(table.Table.Classes, Is.EqualTo((string[])["ill", "well"]));
        Assert.That(table.Labels, Is.EqualTo((int[])[1, 0, 1]));
        Assert.That(Values(table), Is.EqualTo((double[])[1.5, 1, -2000, 0, 4, 1]));
    }

    [Test]
    public void Nothing_and_its_spellings_are_missing([Values("", " ", "?", "NA", "na", "N/A", "NaN", "nan", "null", "\"\"")] string spelling)
    {
        SampleSet table = Tables.Read(Schema, $"x,c,y\n{spelling},{spelling},u\n1,a,u\n");
        Assert.That(Values(table), Is.EqualTo((double[])[double.NaN, double.NaN, 1, 0]));
        Assert.That(table.Table!.Columns[1].Categories, Is.EqualTo((string[])["a"]));
    }

    [Test]
    public void Classes_that_are_whole_numbers_stand_in_their_order()
    {
        SampleSet table = Tables.Read("""{"label":"y"}""", "x,y\n1,10\n1,9\n1,-1\n");
        Assert.That(table.Table!.Classes, Is.EqualTo((string[])["-1", "9", "10"]));
        Assert.That(table.Labels, Is.EqualTo((int[])[2, 1, 0]));
    }

    [Test]
    public void A_byte_order_mark_is_not_part_of_the_first_name() =>
        Assert.That(Tables.Read("""{"label":"y"}""", "\uFEFFx,y\n1,u\n").Table!.Columns[0].Name, Is.EqualTo("x"));

    [TestCaseSource(nameof(Wrong))]
    public void What_is_wrong_is_said_with_line_and_column(string schema, string file, string says)
    {
        DataException e = Assert.Throws<DataException>((Action)(() => Tables.Read(schema, file)))!;
        Assert.That(e.Message, Does.Contain(says).And.Not.Contains("\n"));
    }

    [Test]
    public void Bytes_that_are_no_text_are_said_with_line_and_column()
    {
        using var folder = new TempFolder();
        folder.WriteTable("t", Schema, "");
        folder.Write("t/train.csv", [.. "x,c,y\n1,a,u\n1,"u8, 0xE4, .. ",u\n"u8]);
        DataException e = Assert.Throws<DataException>((Action)(() => DatasetLocator.InDirectory(folder["t"]).ReadTrain()))!;
        Assert.That(e.Message, Does.Contain("line 3, column 'c': is not UTF-8"));
    }

    [Test]
    public void A_table_without_its_schema_says_what_to_write()
    {
        using var folder = new TempFolder();
        folder.Write("t/train.csv", "x,y\n1,u\n"u8.ToArray());
        DataException e = Assert.Throws<DataException>((Action)(() => DatasetLocator.InDirectory(folder["t"]).ReadTrain()))!;
        Assert.That(e.Message, Does.Contain("schema.json: not found; it says which column holds the classes"));
    }

    [Test]
    public void A_part_knows_nothing_of_the_rest_and_is_the_table_of_its_rows_alone()
    {
        string[] rows = Tables.Rows(60);
        SampleSet all = Tables.Read(Tables.Schema, Tables.File(rows));
        int[] which = [.. Enumerable.Range(0, 60).Where(i => rows[i].Contains("Ulm", StringComparison.Ordinal))];
        SampleSet part = all.Select(which);
        SampleSet alone = Tables.Read(Tables.Schema, Tables.File(which.Select(i => rows[i])));
        Assert.That(part.Table!.Columns.Single(c => c.Name == "site").Categories, Is.EqualTo((string[])["Ulm"]));
        Assert.That(Values(part), Is.EqualTo(Values(alone)));
        Assert.That(part.Labels, Is.EqualTo(alone.Labels));
        Assert.That(part.Fingerprint(), Is.EqualTo(alone.Fingerprint()).And.Not.EqualTo(all.Fingerprint()));
        Assert.That(all.Select([]).Table!.Classes, Is.Empty);
    }

    [Test]
    public void The_fingerprint_tells_names_apart()
    {
        string[] prints =
        [
            .. new[] { "x,c,y\n1,a,u\n", "x,c,y\n1,b,u\n", "x,c,y\n1,a,v\n", "z,c,y\n1,a,u\n", "x,c,y\n2,a,u\n" }.Select(f => Tables.Read(Schema, f).Fingerprint()),
        ];
        Assert.That(prints, Is.Unique);
    }

    private static double[] Values(SampleSet table) => MemoryMarshal.Cast<byte, double>(table.Values).ToArray();
}
