using System.Runtime.InteropServices;
using TraversalLearning.Data;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Data.Tables;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Data;

/// <summary>What becomes of a table's rows.</summary>
public sealed class PreparationTests
{
    private const string Schema = """{"label":"y","categorical":["c"]}""";

    // Mean 3, deviation √(8/3) of 1, 3, 5; c is missing once.
    private static readonly Preparation OfThree = Of(Schema, "x,c,y\n1,b,u\n3,,v\n5,a,u\n,b,v\n");

    [Test]
    public void Numbers_are_standardised_and_categories_spread_out()
    {
        double unit = 2 / Math.Sqrt(8.0 / 3);
        Assert.That(OfThree.FeatureCount, Is.EqualTo(4));
        SampleSet rows = Apply("x,c,y\n1,b,u\n3,,v\n5,a,u\n,b,v\n");
        Assert.That(rows.Shape, Is.EqualTo((long[])[4]));
        Assert.That(rows.Table, Is.Null);
        Assert.That(
            Values(rows),
            Is.EqualTo((double[])[-unit, 0, 1, 0, 0, 0, 0, 1, unit, 1, 0, 0, 0, 0, 1, 0]).Within(1e-15));
        Assert.That(rows.Labels, Is.EqualTo((int[])[0, 1, 0, 1]));
    }

    [Test]
    public void A_name_that_training_did_not_have_is_nowhere() => Assert.That(Values(Apply("x,c,y\n3,z,u\n")), Is.EqualTo((double[])[0, 0, 0, 0]));

    [TestCase("x,c,y\n10,b,u\n30,,v\n5,a,u\n,b,v\n", null)]
    [TestCase("x,c,y\n1,b,u\n3,,w\n5,a,u\n,b,w\n", "classes")]
    [TestCase("z,c,y\n1,b,u\n3,,v\n5,a,u\n,b,v\n", "columns")]
    [TestCase("c,x,y\nb,1,u\n,3,v\na,5,u\nb,,v\n", "columns")]
    [TestCase("x,c,y\n1,b,u\n3,,v\n5,d,u\n,b,v\n", "categories of 'c'")]
    [TestCase("x,c,y\n1,b,u\n3,d,v\n5,a,u\n,b,v\n", "categories of 'c'")]
    public void Preparations_differ_where_elements_or_logits_stand_for_something_else(string rows, string? difference) =>
        Assert.That(OfThree.DifferenceFrom(Of(Schema, rows)), Is.EqualTo(difference));

    [Test]
    public void What_was_never_missing_has_no_place_for_it()
    {
        Preparation preparation = Of(Schema, "x,c,y\n1,a,u\n3,b,v\n");
        Assert.That(preparation.FeatureCount, Is.EqualTo(3));
        Assert.That(Values(PreparedRows.Of(preparation, Tables.Read(Schema, "x,c,y\n2,NA,u\n"))), Is.EqualTo((double[])[0, 0, 0]));
    }

    [Test]
    public void A_column_of_one_value_is_zero_and_not_blown_up_rounding()
    {
        // The sum of a thousand tenths is not a hundred.
        string file = "x,c,y\n" + string.Concat(Enumerable.Repeat("0.1,a,u\n", 1000));
        SampleSet table = Tables.Read(Schema, file);
        int[][] parts = Partition.RoundRobin.Deal(table.Labels, 3, seed: 1);
        var preparation = Preparation.Of(TableStatistics.Merge([.. parts.Select(p => TableStatistics.Of(table.Select(p)))]));
        Assert.That(preparation.Columns[0].Number!.Std, Is.EqualTo(1));
        Assert.That(Values(PreparedRows.Of(preparation, table))[0], Is.Zero.Within(1e-15));
    }

    [Test]
    public void Columns_are_found_by_name() =>
        Assert.That(Values(Apply("c,y,x\na,u,3\n")), Is.EqualTo((double[])[0, 1, 0, 0]));

    [TestCase(Schema, "x,c,y\n1,a,w\n", "the class 'w' is none that the model is trained with: u, v")]
    [TestCase("""{"label":"y"}""", "x,y\n1,u\n", "the model is trained with a column 'c', and these rows have none")]
    [TestCase(Schema, "x,c,z,y\n1,a,1,u\n", "these rows have a column 'z' that the model is not trained with")]
    [TestCase("""{"label":"y"}""", "x,c,y\n1,1,u\n", "column 'c' is a number here, and a category where the model is trained")]
    public void Rows_that_are_not_like_those_of_training_are_refused(string schema, string file, string says)
    {
        TableException e = Assert.Throws<TableException>((Action)(() => PreparedRows.Of(OfThree, Tables.Read(schema, file))))!;
        Assert.That(e.Message, Does.Contain(says));
    }

    [Test]
    public void It_survives_being_written_to_the_bit()
    {
        SampleSet table = Tables.Read(Tables.Schema, Tables.File(Tables.Rows(100)));
        var preparation = Preparation.Of(TableStatistics.Of(table));
        var again = Preparation.Parse(preparation.ToJson(indented: true));
        Assert.That(again.ToJson(), Is.EqualTo(preparation.ToJson()));
        Assert.That(Values(PreparedRows.Of(again, table)), Is.EqualTo(Values(PreparedRows.Of(preparation, table))));
    }

    [TestCase("""{"label":"y","columns":[{"name":"x","number":{"mean":0,"std":0}}],"classes":[{"name":"u","count":1}]}""")]
    [TestCase("""{"label":"y","columns":[{"name":"x","number":{"mean":0,"std":-1}}],"classes":[{"name":"u","count":1}]}""")]
    [TestCase("""{"label":"y","columns":[{"name":"x","number":{"mean":0}}],"classes":[{"name":"u","count":1}]}""")]
    [TestCase("""{"label":"y","columns":[{"name":"x"}],"classes":[{"name":"u","count":1}]}""")]
    [TestCase("""{"label":"y","columns":[{"name":"x","category":{"names":[],"missing":false}}],"classes":[{"name":"u","count":1}]}""")]
    [TestCase("""{"label":"y","columns":[{"name":"x","number":{"mean":0,"std":1}}],"classes":[]}""")]
    [TestCase("""{"label":"y","columns":[{"name":"x","number":{"mean":0,"std":1}}],"classes":[{"name":"u","count":1},{"name":"u","count":1}]}""")]
    public void What_makes_no_sense_is_refused(string json) => Assert.Throws<TableException>((Action)(() => Preparation.Parse(json)));

    [Test]
    public void Tables_and_other_samples_are_not_taken_for_each_other()
    {
        SampleSet table = Tables.Read(Schema, "x,c,y\n1,a,u\n");
        SampleSet images = Synthetic.Images(3, side: 8);
        Assert.That(PreparedSamples.Of(images, preparation: null), Is.SameAs(images));
        Assert.Throws<ModelException>((Action)(() => PreparedSamples.Of(table, preparation: null)));
        Assert.Throws<ModelException>((Action)(() => PreparedSamples.Of(images, OfThree)));
    }

    private static Preparation Of(string schema, string file) => Preparation.Of(TableStatistics.Of(Tables.Read(schema, file)));

    private static SampleSet Apply(string file) => PreparedRows.Of(OfThree, Tables.Read(Schema, file));

    private static double[] Values(SampleSet samples) => MemoryMarshal.Cast<byte, double>(samples.Values).ToArray();
}
