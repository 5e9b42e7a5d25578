using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Parquet.Schema;
using TraversalLearning.Data;
using TraversalLearning.Data.Datasets;
using TraversalLearning.Data.Tables;
using TraversalLearning.Tests.Support;
using static TraversalLearning.Tests.Support.ParquetFiles;

namespace TraversalLearning.Tests.Unit.Data;

/// <summary>What is read of a table as Parquet is what is read of it as CSV.</summary>
public sealed class ParquetFormatTests
{
    private const string Schema = """{"label":"y","categorical":["c"],"ignore":["id"]}""";
    private static readonly int[] AnyGroupSize = [1, 3, 100];

    private static IEnumerable<TestCaseData> Kinds()
    {
        (Column Number, string Csv)[] numbers =
        [
            (Of<bool>("x", true, false, null), "1,0,"),
            (Of<sbyte>("x", -128, 127, null), "-128,127,"),
            (Of<byte>("x", 0, 255, null), "0,255,"),
            (Of<short>("x", -32768, 7, null), "-32768,7,"),
            (Of<ushort>("x", 65535, 7, null), "65535,7,"),
            (Of<int>("x", -2147483648, 7, null), "-2147483648,7,"),
            (Of<uint>("x", 4294967295, 7, null), "4294967295,7,"),
            (Of<long>("x", 9007199254740993, -1, null), "9007199254740993,-1,"),
            (Of<ulong>("x", 18446744073709551615, 1, null), "18446744073709551615,1,"),
            (Of<float>("x", 1.5f, -0.25f, float.NaN), "1.5,-0.25,"),
            (Of<double>("x", 1e300, 0.1, double.NaN), "1e300,0.1,NA"),
            (Of<decimal>("x", 0.1m, -12.50m, null), "0.1,-12.5,"),
            (Texts("x", "1.5", " 2 ", null), "1.5,2,"),
            (Required<int>("x", 1, 2, 3), "1,2,3"),
        ];
        (Column Names, string Csv)[] names =
        [
            (Texts("c", "b", "Köln", null), "b,Köln,"),
            (Of<bool>("c", true, false, null), "True,False,"),
            (Of<int>("c", 1, -7, null), "1,-7,"),
            (Of<long>("c", 9007199254740993, 9007199254740992, null), "9007199254740993,9007199254740992,"),
            (Of<ulong>("c", 18446744073709551615, 1, null), "18446744073709551615,1,"),
            (Of<float>("c", 0.1f, 1f, null), "0.1,1,"),
            (Of<double>("c", 1e20, -1.5e-7, double.NaN), "100000000000000000000,-0.00000015,"),
            (Of<decimal>("c", 1.50m, 2m, null), "1.5,2,"),
            (Of<DateTime>(new DateTimeDataField("c", DateTimeFormat.Date, isNullable: true), new DateTime(2024, 2, 29), new DateTime(1969, 12, 31), null), "2024-02-29,1969-12-31,"),
            (Of<DateTime>(new DateTimeDataField("c", DateTimeFormat.DateAndTimeMicros, isNullable: true), new DateTime(2024, 2, 29, 1, 2, 3, 500), new DateTime(2024, 2, 29), null), "2024-02-29T01:02:03.5,2024-02-29T00:00:00,"),
            (Of<Guid>("c", Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), Guid.Empty, null), "00112233-4455-6677-8899-aabbccddeeff,00000000-0000-0000-0000-000000000000,"),
        ];
        foreach (int groupSize in AnyGroupSize)
        {
            foreach ((Column column, string csv) in numbers.Concat(names))
            {
                yield return new TestCaseData(groupSize, column, csv).SetArgDisplayNames($"{column.Field.Name} {column.Field.ClrType.Name} {column.Field.GetType().Name} {csv} by {groupSize}");
            }
        }
    }

    private static IEnumerable<TestCaseData> Wrong()
    {
        (string Name, string Schema, Column[] Columns, string Says)[] cases =
        [
            ("no number", Schema, [Texts("x", "1", "three"), Texts("c", "a", "b"), Texts("y", "u", "v")], "train.parquet: row 1, column 'x': 'three' is not a finite number"),
            ("infinite", Schema, [Of<double>("x", 1, double.PositiveInfinity), Texts("c", "a", "b"), Texts("y", "u", "v")], "train.parquet: row 1, column 'x': 'Infinity' is not a finite number"),
            ("no class", Schema, [Of<int>("x", 1, 2), Texts("c", "a", "b"), Texts("y", "u", null)], "train.parquet: row 1, column 'y': the class is missing"),
            ("no target", """{"target":"y"}""", [Of<int>("x", 1, 2), Of<double>("y", 1, null)], "train.parquet: row 1, column 'y': the number that is to be predicted is missing"),
            ("a class that is not allowed", """{"label":"y","classes":["1","2"]}""", [Of<int>("x", 1, 2), Of<double>("y", 1, 3)], "row 1, column 'y': '3' is none of the \"classes\""),
            ("a date for a number", Schema, [Of<DateTime>("x", new DateTime(2024, 1, 1)), Texts("c", "a"), Texts("y", "u")], "train.parquet: column 'x' holds dates or other values that are no numbers; if it holds names"),
            ("no column", Schema, [Of<int>("x", 1), Texts("y", "u")], "train.parquet: has no column 'c', which schema.json names; its header is x,y"),
        ];
        return cases.Select(c => new TestCaseData(c.Schema, c.Columns, c.Says).SetArgDisplayNames(c.Name));
    }

    [TestCaseSource(nameof(Kinds))]
    public void A_column_of_every_kind_is_what_CSV_has(int groupSize, Column column, string csv)
    {
        string[] values = csv.Split(',');
        Column other = column.Field.Name == "x" ? Texts("c", "a", "b", "a") : Of<int>("x", 1, 2, 3);
        byte[] file = Write(groupSize, Texts("id", "?", "?", "?"), column, other, Texts("y", "u", "v", "u"));
        string[] y = ["u", "v", "u"];
        string[] c = ["a", "b", "a"];
        IEnumerable<string> rows = Enumerable.Range(0, 3).Select(i => column.Field.Name == "x" ? $"{values[i]},{c[i]},{y[i]}" : $"{values[i]},{i + 1},{y[i]}");
        SampleSet expected = Tables.Read(Schema, Tables.File(rows, column.Field.Name == "x" ? "x,c,y" : "c,x,y"));
        SampleSet read = Read(Schema, file);
        Assert.That(read.Table!.Columns.SelectMany(t => t.Categories), Is.EqualTo(expected.Table!.Columns.SelectMany(t => t.Categories)));
        Assert.That(MemoryMarshal.Cast<byte, double>(read.Values).ToArray(), Is.EqualTo(MemoryMarshal.Cast<byte, double>(expected.Values).ToArray()));
        Assert.That(read.Fingerprint(), Is.EqualTo(expected.Fingerprint()));
    }

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(1000)]
    public void A_table_of_patients_is_the_same_and_its_node_agrees_with_one_of_CSV(int groupSize)
    {
        string[] lines = Tables.Rows(200);
        SampleSet csv = Tables.Read(Tables.Schema, Tables.File(lines));
        SampleSet parquet = Read(Tables.Schema, Patients(groupSize, lines));
        Assert.That(parquet.Fingerprint(), Is.EqualTo(csv.Fingerprint()));
        TableStatistics[] both = [TableStatistics.Of(csv.Select([.. Enumerable.Range(0, 100)])), TableStatistics.Of(parquet.Select([.. Enumerable.Range(100, 100)]))];
        TableParty[] nodes = TableParty.OfNodes(both);
        TableComparison.Require(nodes, test: null);
        Assert.That(TableComparison.Warnings(nodes, test: null), Is.Empty);
    }

    [TestCaseSource(nameof(Wrong))]
    public void What_is_wrong_is_said_with_row_and_column(string schema, Column[] columns, string says)
    {
        DataException e = Assert.Throws<DataException>((Action)(() => Read(schema, Write(10, columns))))!;
        Assert.That(e.Message, Does.Contain(says));
        Assert.That(e.Message, Does.Not.Contain('\n'));
    }

    [Test]
    public void Lists_are_refused_unless_they_are_ignored()
    {
        var list = new DataField("id", typeof(int), isArray: true);
        byte[] file = Write(
            10,
            Of<int>("x", 1, 2),
            Texts("c", "a", "b"),
            Texts("y", "u", "v"),
            new Column(list, 2, (group, _) => group.WriteAsync<int>(list, new[] { 1, 2, 3 }, new[] { 0, 1, 0 })));
        Assert.That(Read(Schema, file).Count, Is.EqualTo(2));
        DataException e = Assert.Throws<DataException>((Action)(() => Read("""{"label":"y","categorical":["c"]}""", file)))!;
        Assert.That(e.Message, Does.Contain("train.parquet: column 'id' holds lists or other nested values; leave it out under \"ignore\""));
    }

    [Test]
    public void A_file_that_is_cut_or_overwritten_is_refused_in_a_line()
    {
        byte[] file = Patients(50, Tables.Rows(200));
        foreach (int length in Enumerable.Range(0, 40).Concat(Enumerable.Range(0, 200).Select(i => i * file.Length / 200)).Concat(Enumerable.Range(1, 40).Select(i => file.Length - i)))
        {
            DataException e = Assert.Throws<DataException>((Action)(() => Read(Tables.Schema, file[..length])), $"{length} of {file.Length} bytes")!;
            Assert.That(e.Message, Does.Contain("train.parquet: is no Parquet file, is damaged, or was cut; copy or write it again"));
        }

        var random = new SeededRandom(1);
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = [.. file];
            damaged.AsSpan(random.Next(file.Length - 8), 8).Fill((byte)random.Next(256));
            try
            {
                _ = Read(Tables.Schema, damaged);
            }
            catch (DataException e)
            {
                Assert.That(e.Message, Does.Not.Contain('\n').And.Contains("train.parquet: "));
            }
        }
    }

    private static byte[] Patients(int groupSize, string[] lines)
    {
        string[][] cells = [.. lines.Select(l => l.Replace("\"Mainz, Ost\"", "Mainz; Ost", StringComparison.Ordinal).Split(','))];
        double?[] Numbers(int c) => [.. cells.Select(r => double.TryParse(r[c], CultureInfo.InvariantCulture, out double v) ? v : (double?)null)];
        string?[] Names(int c) => [.. cells.Select(r => r[c] is "?" ? null : r[c].Replace(';', ','))];
        return Write(groupSize, Of("patient", Numbers(0)), Of("age", Numbers(1)), Of("pressure", Numbers(2)), Texts("smoker", Names(3)), Texts("site", Names(4)), Texts("outcome", Names(5)));
    }

    private static SampleSet Read(string schema, byte[] train)
    {
        using var folder = new TempFolder();
        folder.Write($"table/{TableSchema.FileName}", Encoding.UTF8.GetBytes(schema));
        folder.Write("table/train.parquet", train);
        return DatasetLocator.InDirectory(folder["table"]).ReadTrain();
    }
}
