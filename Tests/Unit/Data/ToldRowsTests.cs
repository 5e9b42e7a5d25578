using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using TraversalLearning.Data;
using TraversalLearning.Data.Tables;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Data;

/// <summary>What a node's rules keep back of its table: it is in nothing that leaves, and all parties still prepare rows alike.</summary>
public sealed class ToldRowsTests
{
    private const string Open = """{"label":"y","categorical":["c"]}""";
    private const string Closed = """{"label":"y","classes":["u","v","w"],"categories":{"c":["a","b","r"]}}""";

    private static readonly TellRules Five = new() { MinCount = 5 };

    [Test]
    public void Names_of_too_few_rows_become_one_that_is_not_told_where_it_is_rare_itself()
    {
        string[] others = [.. Repeat(9, "1,a,u"), .. Repeat(2, "1,r,u"), .. Repeat(3, "1,s,u")];
        ColumnStatistics told = Statistics(Five, Open, others).Column("c")!;
        Assert.That((told.Categories, told.Other), Is.EqualTo(((string[])["a"], true)).UsingPropertiesComparer());

        told = Statistics(Five, Open, others[..^1]).Column("c")!;
        Assert.That((told.Categories, told.Other), Is.EqualTo(((string[])["a"], false)).UsingPropertiesComparer());

        told = Statistics(Five, Open, [.. Repeat(9, "1,a,u"), .. Repeat(5, "1,r,u")]).Column("c")!;
        Assert.That((told.Categories, told.Other), Is.EqualTo(((string[])["a", "r"], false)).UsingPropertiesComparer());
    }

    [Test]
    public void A_few_missing_categories_count_among_the_others()
    {
        string[] rows = [.. Repeat(9, "1,a,u"), .. Repeat(2, "1,r,u"), .. Repeat(3, "1,,u")];
        ColumnStatistics told = Statistics(Five, Open, rows).Column("c")!;
        Assert.That((told.Missing, told.Other), Is.EqualTo((0L, true)));

        told = Statistics(Five, Open, [.. rows, .. Repeat(2, "1,,u")]).Column("c")!;
        Assert.That((told.Missing, told.Other), Is.EqualTo((5L, false)));
    }

    [Test]
    public void A_few_missing_numbers_are_the_mean_so_that_no_count_gives_them_away()
    {
        string[] rows = [.. Repeat(3, "1,a,u"), .. Repeat(3, "4,a,u"), .. Repeat(4, ",a,u")];
        ColumnStatistics told = Statistics(Five, Open, rows).Column("x")!;
        Assert.That(told.Missing, Is.Zero);
        Assert.That(told.Moments, Is.EqualTo(new Moments(10, 2.5, 0, 13.5)));

        told = Statistics(Five, Open, [.. rows, ",a,u"]).Column("x")!;
        Assert.That((told.Missing, told.Moments), Is.EqualTo((5L, new Moments(6, 2.5, 0, 13.5))));
    }

    [Test]
    public void A_few_numbers_are_missing_and_have_no_moments()
    {
        string[] rows = [.. Repeat(4, "7,a,u"), .. Repeat(6, ",a,u")];
        (SampleSet told, ColumnStatistics column) = (Told(Five, Open, rows), Statistics(Five, Open, rows).Column("x")!);
        Assert.That((column.Missing, column.Moments), Is.EqualTo((10L, Moments.None)));
        Assert.That(Column(told, 0), Is.All.NaN);
        Assert.That(Statistics(Five, Open, [.. rows, "7,a,u"]).Column("x")!.Moments!.Count, Is.EqualTo(5));

        // Nothing is added to what other nodes have.
        var others = new Moments(3, 2.5, 1e-17, 8);
        Assert.That((others.Merge(column.Moments!), column.Moments!.Merge(others)), Is.EqualTo((others, others)));
    }

    [Test]
    public void Rows_of_a_rare_class_are_left_out_with_all_that_they_have()
    {
        string[] rows = [.. Repeat(6, "1,a,u"), .. Repeat(4, "100,r,w"), .. Repeat(5, "1,a,v"), "1,r,u"];
        TableStatistics told = Statistics(Five, Open, rows);
        Assert.That(told.Classes, Is.EqualTo((ClassCount[])[new("u", 7), new("v", 5)]));
        Assert.That(told.Column("x")!.Moments!.Mean, Is.EqualTo(1));
        Assert.That(told.Column("c")!.Categories, Is.EqualTo((string[])["a"]), "with the others r has five rows");
        Assert.That(Told(Five, Open, rows).Labels, Is.EqualTo((int[])[0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0]));
    }

    [Test]
    public void What_the_schema_lists_is_known_and_only_counts_are_kept_back()
    {
        string[] rows = [.. Repeat(6, "1,a,u"), .. Repeat(4, "1,r,w"), .. Repeat(2, "1,,u")];
        TableStatistics told = Statistics(Five, Closed, rows);
        Assert.That(told.Column("c")!.Categories, Is.EqualTo((string[])["a", "b", "r"]));
        Assert.That((told.Column("c")!.Missing, told.Column("c")!.Other), Is.EqualTo((0L, false)));
        Assert.That(told.Classes, Is.EqualTo((ClassCount[])[new("u", 0), new("v", 0), new("w", 0)]), "two counts give away the third");
        Assert.That(told.UncountedClasses, Is.True);
        Assert.That(Told(Five, Closed, rows).Labels, Is.EqualTo(Tables.Read(Closed, File(rows)).Labels));

        told = Statistics(Five, Closed, [.. rows, "1,a,w"]);
        Assert.That((told.UncountedClasses, told.Classes[0].Count, told.Classes[1].Count), Is.EqualTo((false, 8L, 0L)));
    }

    [Test]
    public void Counts_are_merged_where_all_nodes_tell_theirs()
    {
        TableStatistics few = Statistics(Five, Closed, [.. Repeat(6, "1,a,u"), .. Repeat(4, "1,r,w")]);
        TableStatistics many = Statistics(Five, Closed, [.. Repeat(6, "1,a,u"), .. Repeat(8, "1,r,w")]);
        var merged = TableStatistics.Merge([many, few]);
        Assert.That((merged.UncountedClasses, merged.Rows), Is.EqualTo((true, 0L)));
        Assert.That(Preparation.Of(merged).Classes.Select(c => c.Name), Is.EqualTo((string[])["u", "v", "w"]));
        Assert.That(TableStatistics.Parse(merged.ToJson()).UncountedClasses, Is.True);
        TableParty[] parties = TableParty.OfNodes([few, Statistics(TellRules.Everything, Closed, ["1,a,v"])]);
        Assert.That(TableComparison.Warnings(parties, test: null), Has.None.Contains("the class 'v' has one row"), "nobody knows");
    }

    [TestCase("""{"label":"y","categorical":["c"]}""", "x,y", ToldStatistics.All, "column 'c' is none of those that may be told; name it under \"ignore\" in schema.json")]
    [TestCase("""{"label":"y","categorical":["c"]}""", "x,c", ToldStatistics.All, "column 'y', which is to be predicted, is none of those")]
    [TestCase("""{"label":"y","categorical":["c"]}""", null, ToldStatistics.All & ~ToldStatistics.Classes, "classes may not be told; list those that there may be under \"classes\"")]
    [TestCase("""{"label":"y","categorical":["c"]}""", null, ToldStatistics.All & ~ToldStatistics.Categories, "categories may not be told, and column 'c' has any; list")]
    [TestCase("""{"label":"y","categorical":["c"]}""", "c,x,y", ToldStatistics.Moments | ToldStatistics.Categories | ToldStatistics.Classes, null)]
    [TestCase("""{"target":"x","categories":{"c":["a"]},"ignore":["y"]}""", "c,x", ToldStatistics.None, null)]
    public void A_column_that_may_not_be_told_is_an_error_that_names_it_and_the_rule(string schema, string? columns, ToldStatistics statistics, string? says)
    {
        var rules = new TellRules { Columns = columns?.Split(',').ToHashSet(StringComparer.Ordinal), Statistics = statistics };
        TableException? e = null;
        try
        {
            Told(rules, schema, ["1,a,u", "2,a,u"]);
        }
        catch (TableException thrown)
        {
            e = thrown;
        }

        Assert.That(e?.Message, says is null ? Is.Null : Does.StartWith("this node's rules on tables: ").And.Contain(says));
    }

    [TestCase(Open, 4, "it has 4 rows, and nothing of fewer than 5 may be told")]
    [TestCase(Closed, 4, "it has 4 rows")]
    [TestCase("""{"target":"x","categorical":["c"],"ignore":["y"]}""", 4, "it has 4 rows")]
    [TestCase("""{"label":"x","categorical":["c"],"ignore":["y"]}""", 40, "each class has fewer rows than the 5 that may be told of; list the classes")]
    public void A_node_of_too_few_rows_takes_no_part(string schema, int rows, string says)
    {
        TableException e = Assert.Throws<TableException>((Action)(() => Told(Five, schema, [.. Enumerable.Range(0, rows).Select(i => $"{i},a,u")])))!;
        Assert.That(e.Message, Does.Contain(says));
    }

    [Test]
    public void Kinds_of_statistics_can_be_kept_back_altogether()
    {
        string[] rows = [.. Repeat(6, "1,a,u"), .. Repeat(6, "3,b,v"), .. Repeat(6, ",,v")];
        TableStatistics moments = Statistics(Without(ToldStatistics.Moments), Closed, rows);
        Assert.That((moments.Column("x")!.Moments, moments.Column("x")!.Missing), Is.EqualTo((Moments.None, 6L)));

        TableStatistics missing = Statistics(Without(ToldStatistics.Missing), Closed, rows);
        Assert.That((missing.Column("x")!.Moments!.Count, missing.Column("x")!.Missing, missing.Column("c")!.Missing), Is.EqualTo((18L, 0L, 0L)));

        TableStatistics classes = Statistics(Without(ToldStatistics.Classes), Closed, rows);
        Assert.That((classes.UncountedClasses, classes.Rows), Is.EqualTo((true, 0L)));

        const string Target = """{"target":"x","categories":{"c":["a","b"]},"ignore":["y"]}""";
        Assert.That(Statistics(Without(ToldStatistics.Moments), Target, rows[..12]).Target, Is.EqualTo(Moments.None));
        Assert.That(Statistics(Without(ToldStatistics.Missing), Target, rows[..12]).Target!.Count, Is.EqualTo(12));

        static TellRules Without(ToldStatistics kind) => new() { Statistics = ToldStatistics.All & ~kind };
    }

    [TestCase(0)]
    [TestCase(1)]
    public void Without_a_smallest_count_all_is_as_it_was(int minCount)
    {
        string[] rows = Tables.Rows(60);
        SampleSet table = Tables.Read(Tables.Schema, Tables.File(rows));
        TellRules rules = new() { MinCount = minCount, Columns = ((string[])["age", "pressure", "smoker", "site", "outcome"]).ToHashSet(StringComparer.Ordinal) };
        SampleSet told = ToldRows.Of(rules, table, [table.Count]).Rows;
        Assert.That(TableStatistics.Of(told, rules).ToJson(), Is.EqualTo(TableStatistics.Of(table).ToJson()));
        Assert.That(told.Fingerprint(), Is.EqualTo(table.Fingerprint()));
        Assert.That(new TellRules { MinCount = minCount }.TellEverything, Is.True);
        Assert.That((rules.TellEverything, Five.TellEverything, new TellRules { Statistics = ToldStatistics.None }.TellEverything), Is.EqualTo((false, false, false)));
    }

    [Test]
    public void Each_node_has_its_own_counts_and_log()
    {
        string[] one = [.. Repeat(6, "1,a,u"), .. Repeat(2, "1,r,u"), .. Repeat(2, "1,a,v"), ",a,u"];
        string[] other = [.. Repeat(6, "1,r,v"), .. Repeat(6, "1,a,u")];
        SampleSet table = Tables.Read(Open, File([.. one, .. other]));
        ToldRows told = ToldRows.Of(Five, table, [one.Length, other.Length, 0]);
        Assert.That(told.Counts, Is.EqualTo((int[])[9, 12, 0]));
        Assert.That(told.KeptBack, Is.EqualTo((string?[])["2 rows of 1 rare classes, which are left out, which 1 values of 'x' are missing, 1 rare names of 'c'", null, null]));
        Assert.That(told.Rows.Select([.. Enumerable.Range(0, 9)]).Fingerprint(), Is.EqualTo(Told(Five, Open, one).Fingerprint()));
        Assert.That(told.Rows.Select([.. Enumerable.Range(9, 12)]).Fingerprint(), Is.EqualTo(ToldRows.Of(Five, Tables.Read(Open, File(other)), [12]).Rows.Fingerprint()));
        Assert.That(TableStatistics.Of(table.Select([.. Enumerable.Range(0, one.Length)])).Column("c")!.Categories, Has.Length.EqualTo(2), "what was read is as it was");
    }

    [Test]
    public void Of_samples_that_are_no_table_the_range_is_that_of_enough_of_them()
    {
        SampleSet numbers = Synthetic.Numbers(SampleElement.Float32, Synthetic.Images(12));
        NodeShard own = HostedSamples.Deal(numbers, 3, [[0, 1, 2], [.. Enumerable.Range(3, 9)]]).Told(Five).Shards[1];
        NodeShard asItIs = HostedSamples.Deal(numbers, 3, [[0, 1, 2], [.. Enumerable.Range(3, 9)]]).Shards[1];
        Assert.That(HostedSamples.Deal(numbers, 3, [[0, 1, 2]]).Told(Five).Shards[0].Traits.Range, Is.Null);
        Assert.That(own with { Traits = asItIs.Traits }, Is.EqualTo(asItIs));
        Assert.That(own.Traits.Range, Is.EqualTo(SampleTraits.Of(numbers.Select([.. Enumerable.Range(3, 9)]), minCount: 5).Range));
    }

    [Test]
    public void A_value_without_an_element_has_that_of_the_others_and_otherwise_none()
    {
        string[] one = [.. Repeat(6, "1,a,u"), .. Repeat(5, "1,r,v"), .. Repeat(3, "2,s,u"), .. Repeat(2, "2,t,u")];
        string[] two = [.. Repeat(6, "1,a,u"), .. Repeat(5, "1,a,v"), "1,r,u", "1,z,u"];
        Preparation preparation = Pooled(one, two);
        Assert.That(preparation.ToJson(), Does.Contain("""{"name":"c","category":{"names":["a","r"],"missing":false,"other":true}}"""));
        Assert.That(Preparation.Parse(preparation.ToJson()).ToJson(), Is.EqualTo(preparation.ToJson()));
        Assert.That(Features(preparation, Tables.Read(Open, File(["1,a,u", "1,r,u", "1,s,u", "1,new,u", "1,,u"]))), Is.EqualTo((double[])[1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1]), "in predict");
        Assert.That(Features(preparation, Told(Five, Open, two))[^6..], Is.EqualTo((double[])[0, 0, 1, 0, 0, 1]), "another node tells r, and still it is not to be seen here");

        preparation = Pooled(one[..11], two);
        Assert.That(preparation.ToJson(), Does.Contain("""{"names":["a","r"],"missing":false}"""));
        Assert.That(Features(preparation, Told(Five, Open, two))[^4..], Is.EqualTo((double[])[0, 0, 0, 0]));
        Assert.That(preparation.DifferenceFrom(Pooled(one, two)), Is.EqualTo("categories of 'c'"));

        preparation = Pooled(one, [.. two, .. Repeat(5, "1,,u")]);
        Assert.That(Features(preparation, Tables.Read(Open, File(["1,a,u", "1,,u", "1,new,u"]))), Is.EqualTo((double[])[1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0]), "what is missing comes last");
    }

    [Test]
    public void A_preparation_with_guessed_names_finds_none()
    {
        string[] rows = [.. Repeat(6, "1,a,u"), .. Repeat(3, "1,r,v"), .. Repeat(2, ",,u"), .. Repeat(5, "1,a,v")];
        var guessed = Preparation.Parse("""{"label":"y","columns":[{"name":"x","number":{"mean":0,"std":1}},{"name":"c","category":{"names":["r"],"missing":true}}],"classes":[{"name":"u","count":1},{"name":"v","count":1}]}""");
        SampleSet prepared = PreparedRows.Of(guessed, Told(Five, Open, rows));
        Assert.That(MemoryMarshal.Cast<byte, double>(prepared.Values).ToArray().Chunk(3), Is.All.EqualTo((double[])[1, 0, 0]));
        Assert.That(MemoryMarshal.Cast<byte, double>(PreparedRows.Of(guessed, Tables.Read(Open, File(rows))).Values).ToArray().Sum(), Is.Not.EqualTo(rows.Length), "without rules it does");
    }

    [Test]
    public void The_test_set_hears_what_its_unknown_names_count_as()
    {
        TableParty[] nodes = TableParty.OfNodes([Statistics(Five, Open, [.. Repeat(6, "1,a,u"), .. Repeat(5, "1,r,v"), .. Repeat(3, "2,s,u"), .. Repeat(2, "2,t,u")])]);
        var test = new TableParty("the test set", Statistics(TellRules.Everything, Open, ["1,s,u"]));
        Assert.That(TableComparison.Warnings(nodes, test), Has.Some.EndsWith("it counts as one of the others"));
    }

    [Test]
    public void Test_rows_of_classes_that_the_model_does_not_have_are_left_out()
    {
        Preparation preparation = Pooled([.. Repeat(6, "1,a,u"), .. Repeat(4, "1,a,w")], [.. Repeat(5, "1,a,v")]);
        SampleSet test = Tables.Read(Open, File(["1,a,w", "2,a,v", "3,a,u"]));
        Assert.That(PreparedRows.Of(preparation, PreparedRows.OfKnownClasses(preparation, test)).Labels, Is.EqualTo((int[])[1, 0]));
        Assert.That(PreparedRows.OfKnownClasses(preparation, Synthetic.Images(3)).Count, Is.EqualTo(3));
    }

    [TestCase("""{"label":"y","columns":[{"name":"x","missing":0,"moments":{"count":0,"mean":0,"rest":0,"m2":0},"other":true}],"classes":[]}""")]
    [TestCase("""{"label":"y","columns":[{"name":"c","missing":0,"categories":["a"]}],"classes":[{"name":"u","count":1}],"closed_classes":true,"uncounted_classes":true}""")]
    public void What_makes_no_sense_is_refused(string json) => Assert.Throws<TableException>((Action)(() => TableStatistics.Parse(json)));

    /// <summary>An adversary reads the JSON and knows the number of rows and both schemas.</summary>
    [Test]
    public void No_name_and_no_count_of_too_few_rows_leaves() => Prop.ForAll<ulong, byte, byte>((seed, rows, least) =>
    {
        var rules = new TellRules { MinCount = 2 + (least % 9) };
        string schema = (seed % 2 == 0 ? Open : Closed).Replace("\"r\"", "\"r0\",\"r1\",\"r2\",\"r3\",\"r4\",\"r5\"", StringComparison.Ordinal)
            .Replace("\"w\"", "\"w\",\"w1\",\"w2\"", StringComparison.Ordinal);
        string[] table = RandomRows(rows, seed);
        if (TryTold(rules, schema, table) is not { } told)
        {
            return true;
        }

        string json = TableStatistics.Of(told, rules).ToJson();
        using JsonDocument statistics = JsonDocument.Parse(json);
        string[] rare = schema == Open ? [.. RareNames(table, column: 1, rules), .. RareNames(table, column: 2, rules)] : [];
        Assert.That(rare.Where(n => json.Contains($"\"{n}\"", StringComparison.Ordinal)), Is.Empty, json);
        Assert.That(Counts(statistics.RootElement), Is.All.Zero.Or.GreaterThanOrEqualTo(rules.MinCount), json);
        long classes = statistics.RootElement.GetProperty("classes").EnumerateArray().Sum(c => c.GetProperty("count").GetInt64());
        Assert.That(classes, Is.EqualTo(told.Count).Or.Zero, "the rest is no class");
        JsonElement x = statistics.RootElement.GetProperty("columns")[0];
        long absent = told.Count - x.GetProperty("moments").GetProperty("count").GetInt64();
        Assert.That(absent, Is.EqualTo(x.GetProperty("missing").GetInt64()), "the rest is missing");
        Assert.That(absent, Is.Zero.Or.GreaterThanOrEqualTo(rules.MinCount));

        // Once more changes nothing, and the rules keep to themselves whatever the rows are.
        Assert.That(ToldRows.Of(rules, told, [told.Count]).Rows.Values, Is.EqualTo(told.Values));
        string ofAny = TableStatistics.Of(Tables.Read(schema, File(table)), rules).ToJson();
        using JsonDocument any = JsonDocument.Parse(ofAny);
        Assert.That(Counts(any.RootElement), Is.All.Zero.Or.GreaterThanOrEqualTo(rules.MinCount));
        Assert.That(rare.Where(n => ofAny.Contains($"\"{n}\"", StringComparison.Ordinal)), Is.Empty, ofAny);
        return true;
    }).QuickCheckThrowOnFailure();

    private static IEnumerable<string> RareNames(string[] rows, int column, TellRules rules) =>
        rows.CountBy(r => r.Split(',')[column], StringComparer.Ordinal).Where(n => n.Key.Length > 0 && n.Value < rules.MinCount).Select(n => n.Key);

    private static IEnumerable<long> Counts(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p => p.Name is "count" or "missing" ? [p.Value.GetInt64()] : Counts(p.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Counts),
        _ => [],
    };

    /// <summary>Few values are frequent and many are rare, in each column.</summary>
    private static string[] RandomRows(int count, ulong seed)
    {
        var random = new SeededRandom(seed);
        int rare = 1 + random.Next(6);
        return [.. Enumerable.Range(0, count + 1).Select(_ => string.Create(
            CultureInfo.InvariantCulture,
            $"{(random.Next(1 + (int)(seed % 40)) == 0 ? string.Empty : random.Next(50))},{Name("a", "b", "r", 6)},{Name("u", "v", "w", 3)}"))];

        string Name(string first, string second, string others, int more) =>
            random.Next(8) < rare ? first : random.Next(4) > 0 ? second : random.Next(5) == 0 && more > 3 ? string.Empty : $"{others}{(more > 3 ? random.Next(more) : 1 + random.Next(2))}";
    }

    private static SampleSet? TryTold(TellRules rules, string schema, string[] rows)
    {
        try
        {
            return Told(rules, schema, rows);
        }
        catch (TableException e) when (e.Message.Contains("fewer", StringComparison.Ordinal))
        {
            return null;
        }
    }

    private static Preparation Pooled(params string[][] nodes) => Preparation.Of(TableStatistics.Merge([.. nodes.Select(n => Statistics(Five, Open, n))]));

    private static TableStatistics Statistics(TellRules rules, string schema, string[] rows) => TableStatistics.Parse(TableStatistics.Of(Told(rules, schema, rows), rules).ToJson());

    private static SampleSet Told(TellRules rules, string schema, string[] rows) => ToldRows.Of(rules, Tables.Read(schema, File(rows)), [rows.Length]).Rows;

    private static string File(IEnumerable<string> rows) => Tables.File(rows, "x,c,y");

    private static string[] Repeat(int count, string row) => [.. Enumerable.Repeat(row, count)];

    /// <summary>The features behind the first column, which is a number.</summary>
    private static double[] Features(Preparation preparation, SampleSet rows) =>
        [.. MemoryMarshal.Cast<byte, double>(PreparedRows.Of(preparation, rows).Values).ToArray().Chunk(preparation.FeatureCount).SelectMany(r => r[1..])];

    private static double[] Column(SampleSet rows, int column) => [.. MemoryMarshal.Cast<byte, double>(rows.Values).ToArray().Chunk(rows.SampleSize).Select(r => r[column])];
}
