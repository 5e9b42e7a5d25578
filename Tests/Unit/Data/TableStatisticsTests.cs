using System.Globalization;
using TraversalLearning.Data;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Data.Tables;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Data;

/// <summary>What nodes say of their parts of a table is, together, what the pooled table is like.</summary>
public sealed class TableStatisticsTests
{
    private static readonly string[] AllRows = Tables.Rows(300);

    [TestCase(3)]
    [TestCase(7)]
    [TestCase(300)]
    public void Merged_they_are_those_of_the_pooled_table(int nodes)
    {
        SampleSet table = Tables.Read(Tables.Schema, Tables.File(AllRows));
        var pooled = TableStatistics.Of(table);
        int[][] parts = [.. Partition.RoundRobin.Deal(table.Labels, nodes, seed: 1), []];
        var merged = TableStatistics.Merge([.. parts.Select(p => TableStatistics.Of(table.Select(p)))]);
        AssertSame(merged, pooled);
    }

    [Test]
    public void They_do_not_cancel_where_the_mean_is_far_larger_than_the_deviation()
    {
        // Sums of squares would be 1e18 · n here, whose last digit is 128: nothing would be left of a deviation of 1.
        var random = new SeededRandom(3);
        double[] deviations = [.. Enumerable.Range(0, 4000).Select(_ => random.Next(2001) / 1000.0)];
        double mean = deviations.Average();
        double expected = Math.Sqrt(deviations.Sum(d => (d - mean) * (d - mean)) / deviations.Length);
        double[] numbers = Array.ConvertAll(deviations, d => 1e9 + d);
        Moments[] parts = [.. numbers.Chunk(700).Select(c => Moments.Of(c, 0, 1))];
        Moments merged = parts.Aggregate(Moments.None, (a, b) => a.Merge(b));
        Assert.That(merged.Deviation, Is.EqualTo(expected).Within(1e-6).Percent);
        Assert.That(merged.Deviation, Is.EqualTo(Moments.Of(numbers, 0, 1).Deviation).Within(1e-12).Percent);
        Assert.That(merged.Mean, Is.EqualTo(Moments.Of(numbers, 0, 1).Mean).And.EqualTo(1e9 + mean).Within(1e-6));
    }

    [Test]
    public void They_are_the_same_to_the_bit_each_time_and_survive_a_message()
    {
        SampleSet table = Tables.Read(Tables.Schema, Tables.File(AllRows));
        int[][] parts = Partition.RoundRobin.Deal(table.Labels, 3, seed: 1);
        string Merge() => TableStatistics.Merge([.. parts.Select(p => TableStatistics.Parse(TableStatistics.Of(table.Select(p)).ToJson()))]).ToJson();
        string direct = TableStatistics.Merge([.. parts.Select(p => TableStatistics.Of(table.Select(p)))]).ToJson();
        Assert.That(Merge(), Is.EqualTo(direct));
        Assert.That(Merge(), Is.EqualTo(direct));
    }

    [Test]
    public void Columns_are_matched_by_name_and_stand_as_at_the_first_node()
    {
        TableStatistics first = Of("""{"label":"y","categorical":["c"]}""", "x,c,y\n1,b,u\n3,a,v\n");
        TableStatistics second = Of("""{"label":"y","categorical":["c"]}""", "y,c,x\nw,c,8\n");
        var merged = TableStatistics.Merge([first, second]);
        Assert.That(merged.Columns.Select(c => c.Name), Is.EqualTo((string[])["x", "c"]));
        Assert.That(merged.Columns[0].Moments, Is.EqualTo(new Moments(3, 4, 0, 26)));
        Assert.That(merged.Columns[1].Categories, Is.EqualTo((string[])["a", "b", "c"]));
        Assert.That(merged.Classes, Is.EqualTo((ClassCount[])[new("u", 1), new("v", 1), new("w", 1)]));
    }

    [TestCase("x,y\n1,u\n", """{"label":"y"}""", "node 1 has a column 'c', and node 2 has not")]
    [TestCase("x,c,z,y\n1,a,1,u\n", """{"label":"y","categorical":["c"]}""", "node 2 has a column 'z', and node 1 has not")]
    [TestCase("x,c,y\n1,2,u\n", """{"label":"y"}""", "column 'c' is a category at node 1 and a number at node 2; give all the same schema.json")]
    public void Tables_that_are_not_alike_are_told_apart(string file, string schema, string says)
    {
        TableStatistics first = Of("""{"label":"y","categorical":["c"]}""", "x,c,y\n1,b,u\n");
        TableException e = Assert.Throws<TableException>((Action)(() => TableStatistics.Merge([first, Of(schema, file)])))!;
        Assert.That(e.Message, Does.Contain(says));
    }

    [Test]
    public void Together_they_keep_the_limits_too()
    {
        TableStatistics Names(int from) => Of(
            """{"label":"y","categorical":["c"]}""", "x,c,y\n" + string.Concat(Enumerable.Range(from, 600).Select(i => string.Create(CultureInfo.InvariantCulture, $"1,n{i},u\n"))));
        TableException e = Assert.Throws<TableException>((Action)(() => TableStatistics.Merge([Names(0), Names(1000)])))!;
        Assert.That(e.Message, Does.Contain("column 'c' has 1200 categories, more than 1024"));
    }

    [Test]
    public void Numbers_whose_squares_are_too_large_are_refused()
    {
        TableException e = Assert.Throws<TableException>((Action)(() => Of("""{"label":"y"}""", "x,y\n1e200,u\n-1e200,u\n")))!;
        Assert.That(e.Message, Does.Contain("column 'x' has numbers that are too large"));
    }

    [Test]
    public void The_largest_that_keeps_the_limits_fits_into_its_message()
    {
        // Names of characters that JSON escapes, and numbers with all their digits.
        ColumnStatistics Column(int i) => new($"\u0001{i}", Missing: (1L << 40) - 1, Moments: new Moments((1L << 40) - 1, -1.2345678901234567e-300, -1.2345678901234567e-300, 1.2345678901234567e-300));
        int names = 0;
        var categories = new List<ColumnStatistics>();
        for (int c = 0; TableLimits.Problem(categories.Select(x => (x.Name, (IReadOnlyList<string>)x.Categories!)), "y", []) is null; c++)
        {
            categories.Add(new ColumnStatistics($"c{c}", 0, Categories: [.. Enumerable.Range(0, 64).Select(_ => $"\u0001\u0001\u0001{names++}")]));
        }

        categories.RemoveAt(categories.Count - 1);
        TableStatistics largest = new(
            "y",
            [.. categories.SkipLast(60), .. Enumerable.Range(0, TableLimits.MaxColumns - categories.Count + 60).Select(Column)],
            [.. Enumerable.Range(0, 64).Select(i => new ClassCount($"{i}", (1L << 40) - 1))]);
        string json = largest.ToJson();
        Assert.That(json.Length, Is.GreaterThan(TableLimits.MaxJson / 2).And.LessThanOrEqualTo(TableLimits.MaxJson));
        Assert.That(TableStatistics.Parse(json).ToJson(), Is.EqualTo(json));
    }

    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("""{"columns":[{"name":"x","missing":0,"categories":["a"]}],"classes":[]}""")]
    [TestCase("""{"label":"","columns":[{"name":"x","missing":0,"categories":["a"]}],"classes":[]}""")]
    [TestCase("""{"label":"y","columns":[{"name":"x","missing":0,"categories":["a"]}],"classes":[{"name":"u","count":1}],"target":{"count":1,"mean":0,"rest":0,"m2":0}}""")]
    [TestCase("""{"label":"y","columns":[{"name":"x","missing":0,"categories":["a"]}],"classes":[],"target":{"count":1,"mean":0,"rest":0,"m2":-1}}""")]
    [TestCase("""{"label":"y","columns":[{"name":"x","missing":0,"categories":["a"]}],"classes":[],"missing":[""]}""")]
    [TestCase("""{"label":"y","columns":[],"classes":[]}""")]
    [TestCase("""{"label":"y","columns":[null],"classes":[]}""")]
    [TestCase("""{"label":"y","columns":[{"name":"x","missing":0}],"classes":[]}""")]
    [TestCase("""{"label":"y","columns":[{"name":"x","missing":0,"moments":{"count":1,"mean":0,"rest":0,"m2":0},"categories":[]}],"classes":[]}""")]
    [TestCase("""{"label":"y","columns":[{"name":"x","missing":-1,"categories":[]}],"classes":[]}""")]
    [TestCase("""{"label":"y","columns":[{"name":"x","missing":0,"moments":{"count":1,"mean":1e999,"rest":0,"m2":0}}],"classes":[]}""")]
    [TestCase("""{"label":"y","columns":[{"name":"x","missing":0,"moments":{"count":1,"mean":0,"rest":0,"m2":-1}}],"classes":[]}""")]
    [TestCase("""{"label":"y","columns":[{"name":"x","missing":0,"moments":{"count":1099511627776,"mean":0,"rest":0,"m2":1}}],"classes":[]}""")]
    [TestCase("""{"label":"y","columns":[{"name":"x","missing":0,"categories":["a","a"]}],"classes":[]}""")]
    [TestCase("""{"label":"y","columns":[{"name":"x","missing":0,"categories":[null]}],"classes":[]}""")]
    [TestCase("""{"label":"y","columns":[{"name":"x","missing":0,"categories":[""]}],"classes":[]}""")]
    [TestCase("""{"label":"y","columns":[{"name":"x","missing":0,"categories":["a"]},{"name":"x","missing":0,"categories":["a"]}],"classes":[]}""")]
    [TestCase("""{"label":"y","columns":[{"name":"x","missing":0,"categories":["a"],"rows":[1]}],"classes":[]}""")]
    public void What_makes_no_sense_is_refused(string json) => Assert.Throws<TableException>((Action)(() => TableStatistics.Parse(json)));

    private static TableStatistics Of(string schema, string file) => TableStatistics.Of(Tables.Read(schema, file));

    private static void AssertSame(TableStatistics merged, TableStatistics pooled)
    {
        Assert.That(merged.Classes, Is.EqualTo(pooled.Classes));
        Assert.That(merged.Columns, Has.Length.EqualTo(pooled.Columns.Length));
        foreach ((ColumnStatistics a, ColumnStatistics b) in merged.Columns.Zip(pooled.Columns))
        {
            Assert.That((a.Name, a.Missing), Is.EqualTo((b.Name, b.Missing)));
            Assert.That(a.Categories, Is.EqualTo(b.Categories));
            if (b.Moments is { } expected)
            {
                Assert.That(a.Moments!.Count, Is.EqualTo(expected.Count));
                Assert.That(a.Moments.Mean, Is.EqualTo(expected.Mean).Within(1e-12 * Math.Abs(expected.Mean)));
                Assert.That(a.Moments.Deviation, Is.EqualTo(expected.Deviation).Within(1e-12 * expected.Deviation), a.Name);
            }
        }
    }
}
