using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using TraversalLearning.Data;
using TraversalLearning.Data.Datasets;
using TraversalLearning.Data.Tables;
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
            ("schema without label", """{"categorical":["c"]}""", "x,c,y\n1,a,u\n", "schema.json: is to have either \"label\", the column of the classes, or \"target\""),
            ("schema with label and target", """{"label":"y","target":"x"}""", "x,c,y\n1,a,u\n", "schema.json: is to have either"),
            ("schema with another key", """{"label":"y","numeric":["x"]}""", "x,c,y\n1,a,u\n", "schema.json: has the key 'numeric'; it takes label, target, categorical, "),
            ("schema with a text for a list", """{"label":"y","categorical":"c"}""", "x,c,y\n1,a,u\n", "schema.json: its \"categorical\" is not a list of texts"),
            ("schema with a number for a name", """{"label":3}""", "x,c,y\n1,a,u\n", "schema.json: its \"label\" is not the name of a column"),
            ("schema with a list for an object", """{"label":"y","categories":["c"]}""", "x,c,y\n1,a,u\n", "schema.json: its \"categories\" is not of the form { \"column\": [\"…\", \"…\"] }"),
            ("schema with a name twice", """{"label":"y","classes":["1","1.0"]}""", "x,c,y\n1,a,u\n", "schema.json: its \"classes\" has '1' twice"),
            ("schema with classes of numbers", """{"target":"y","classes":["1"]}""", "x,y\n1,2\n", "its \"target\" is a column of numbers"),
            ("schema that is a list", "[]", "x,c,y\n1,a,u\n", "schema.json: is no JSON object"),
            ("schema that is cut", """{"label":""", "x,c,y\n1,a,u\n", "schema.json: is no JSON: "),
            ("a class that is not allowed", """{"label":"y","classes":["u","v"]}""", "x,y\n1,u\n1,V\n", "line 3, column 'y': 'V' is none of the \"classes\" in schema.json: u, v; did you mean 'v'?"),
            ("a category that is not allowed", """{"label":"y","categories":{"c":["a"]}}""", "c,y\na,u\nb,u\n", "line 3, column 'c': 'b' is none of the \"categories\" in schema.json: a"),
            ("cut within the last class", """{"label":"y"}""", "x,y\n1,benign\n1,benign\n1,benig", "ends within its last line, and its last value 'benig' is the beginning of 'benign': was it cut?"),
            ("cut within the last line", """{"label":"y"}""", "x,z,y\n1,1,u\n1,2", "line 3 has 2 values, and the header 3 columns; the file ends within this line: was it cut?"),
            ("a target that is a name", """{"target":"y"}""", "x,y\n1,u\n", "line 2, column 'y': 'u' is not a finite number; if the column holds names, call it \"label\""),
            ("no target", """{"target":"y"}""", "x,y\n1,NA\n", "line 2, column 'y': the number that is to be predicted is missing"),
            ("an infinite target", """{"target":"y"}""", "x,y\n1,1e999\n", "line 2, column 'y': '1e999' is not a finite number"),
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
    public void Nothing_and_its_spellings_are_missing([Values("", " ", "?", "NA", "na", "N/A", "NaN", "nan", "null", "\"\"", "None", "-", ".", "#N/A", "\u200B")] string spelling)
    {
        SampleSet table = Tables.Read(Schema, $"x,c,y\n{spelling},{spelling},u\n1,a,u\n");
        Assert.That(Values(table), Is.EqualTo((double[])[double.NaN, double.NaN, 1, 0]));
        Assert.That(table.Table!.Columns[1].Categories, Is.EqualTo((string[])["a"]));
    }

    [Test]
    public void What_counts_as_missing_can_be_named()
    {
        SampleSet table = Tables.Read("""{"label":"y","categorical":["c"],"missing":["unknown",-999.0]}""", "x,c,y\n-999,Unknown,u\n,NA,u\n");
        Assert.That(Values(table), Is.EqualTo((double[])[double.NaN, double.NaN, double.NaN, 0]));
        Assert.That(table.Table!.Columns[1].Categories, Is.EqualTo((string[])["NA"]));
    }

    [Test]
    public void A_file_that_ends_within_its_last_line_is_read_where_nothing_speaks_for_a_cut()
    {
        Assert.That(Tables.Read("""{"label":"y"}""", "x,y\n1,benig\n1,benign\n1,benig").Count, Is.EqualTo(3));
        Assert.That(Tables.Read("""{"label":"y"}""", "y,x\nu,12\nu,1").Count, Is.EqualTo(2));
    }

    [Test]
    public void Numbers_to_be_predicted_are_read_standardised_and_dealt_out()
    {
        SampleSet table = Tables.Read("""{"target":"y"}""", "x,y\n1,10\n2,30\n3,20\n");
        Assert.That(table.Targets!.Values, Is.EqualTo((double[])[10, 30, 20]));
        Assert.That(table.Select([2, 0]).Table!.Label, Is.EqualTo("y"));
        var preparation = Preparation.Of(TableStatistics.Parse(TableStatistics.Merge([TableStatistics.Of(table.Select([0])), TableStatistics.Of(table.Select([1, 2]))]).ToJson()));
        Assert.That((preparation.Target!.Mean, preparation.OutputCount), Is.EqualTo((20.0, 1)));
        double std = Math.Sqrt(200.0 / 3);
        Assert.That(preparation.Target.Std, Is.EqualTo(std).Within(1e-12));
        Assert.That(PreparedRows.Of(Preparation.Parse(preparation.ToJson()), table).Targets!.Values, Is.EqualTo((double[])[-10 / std, 10 / std, 0]).Within(1e-12));
        TableException e = Assert.Throws<TableException>((Action)(() => PreparedRows.Of(preparation, Tables.Read("""{"label":"y"}""", "x,y\n1,10\n"))))!;
        Assert.That(e.Message, Does.Contain("the model is trained to predict the number 'y', and schema.json names the class 'y'"));
    }

    [TestCase("x,c\n1,a\n2,b\n")]
    [TestCase("x,y,c\n1,,a\n2,,b\n")]
    [TestCase("x,y,c\n1,what,a\n2,NA,b\n")]
    public void Without_labels_rows_are_read_whether_their_column_is_there_or_not(string file)
    {
        using var folder = new TempFolder();
        string path = folder.WriteTable("t", Schema, test: file);
        SampleSet rows = DatasetFiles.Find(path, new DatasetInfo("t", 0.5, 0.5, null), labels: false)!.ReadTest();
        Assert.That((rows.Count, rows.IsLabelled, rows.Select([1]).IsLabelled), Is.EqualTo((2, false, false)));
        SampleSet trained = Tables.Read(Schema, "x,c,y\n1,a,u\n3,b,v\n");
        SampleSet prepared = PreparedRows.Of(Preparation.Of(TableStatistics.Of(trained)), rows);
        Assert.That(Values(prepared), Is.EqualTo((double[])[-1, 1, 0, 0, 0, 1]));
        Assert.That(prepared.IsLabelled, Is.False);
    }

    [Test]
    public void A_gzipped_table_is_the_table_and_a_cut_one_is_refused()
    {
        using var folder = new TempFolder();
        string file = Tables.File(Tables.Rows(500));
        folder.WriteTable("t", Tables.Schema);
        byte[] packed = Gzip(file);
        folder.Write("t/train.csv.gz", packed);
        Assert.That(DatasetLocator.InDirectory(folder["t"]).ReadTrain().Fingerprint(), Is.EqualTo(Tables.Read(Tables.Schema, file).Fingerprint()));
        foreach (int cut in new[] { 1, 8, 9, 100, packed.Length / 2 })
        {
            folder.Write("t/train.csv.gz", packed[..^cut]);
            DataException e = Assert.Throws<DataException>((Action)(() => DatasetLocator.InDirectory(folder["t"]).ReadTrain()))!;
            Assert.That(e.Message, Does.Contain("train.csv.gz: "), $"{cut} bytes less");
        }
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
        Assert.That(e.Message, Does.Contain("schema.json: not found; it says which column is to be predicted"));
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

    private static byte[] Gzip(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return packed.ToArray();
    }

    private static double[] Values(SampleSet table) => MemoryMarshal.Cast<byte, double>(table.Values).ToArray();
}
