using TraversalLearning.Nodes;

namespace TraversalLearning.Tests.Unit.Nodes;

public sealed class NodeMetadataTests
{
    [Test]
    public void What_is_written_is_read_again()
    {
        NodeMetadata metadata = NodeMetadata.Parse("site=Bern,scanner=3T = new").With("partition_idx", "0");
        Assert.That(NodeMetadata.FromJson(metadata.ToJson()).Entries, Is.EqualTo(metadata.Entries));
        Assert.That(metadata.ToString(), Is.EqualTo("partition_idx=0, scanner=3T = new, site=Bern"));
    }

    [TestCase("site")]
    [TestCase("Site=Bern")]
    [TestCase("=Bern")]
    [TestCase("site=Bern,site=Basel")]
    public void A_text_that_is_none_is_refused(string text) =>
        Assert.That(() => NodeMetadata.Parse(text), Throws.TypeOf<FormatException>().With.Message.Contains("name=value"));

    [TestCase("")]
    [TestCase("[]")]
    [TestCase("\"site\"")]
    [TestCase("""{"site":1}""")]
    [TestCase("""{"site":null}""")]
    [TestCase("""{"site":{"city":"Bern"}}""")]
    [TestCase("""{"si te":"Bern"}""")]
    public void JSON_of_another_kind_is_refused(string json) => Assert.That(() => NodeMetadata.FromJson(json), Throws.TypeOf<FormatException>());

    [Test]
    public void There_is_a_limit_to_names_and_values()
    {
        NodeMetadata full = Enumerable.Range(0, NodeMetadata.MaxEntries).Aggregate(NodeMetadata.None, (m, i) => m.With($"n{i}", new string('v', NodeMetadata.MaxValueLength)));
        Assert.That(() => full.With("n0", "other"), Throws.Nothing);
        Assert.That(() => full.With("more", "v"), Throws.TypeOf<FormatException>());
        Assert.That(() => NodeMetadata.None.With("n", new string('v', NodeMetadata.MaxValueLength + 1)), Throws.TypeOf<FormatException>());
    }

    [Test]
    public void It_fits_into_its_message()
    {
        string escaped = new('ü', NodeMetadata.MaxValueLength);
        Assert.That(
            () => Enumerable.Range(0, NodeMetadata.MaxEntries).Aggregate(NodeMetadata.None, (m, i) => m.With($"n{i}", escaped)), Throws.TypeOf<FormatException>());
    }

    [Test]
    public void A_value_cannot_begin_a_line_of_the_log() =>
        Assert.That(NodeMetadata.FromJson("""{"site":"Bern\nERROR all is lost"}""").ToString(), Does.Not.Contain("\n"));
}
