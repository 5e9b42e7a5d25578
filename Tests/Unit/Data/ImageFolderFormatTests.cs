using SixLabors.ImageSharp.PixelFormats;
using TraversalLearning.Data;
using TraversalLearning.Data.Datasets;
using TraversalLearning.Data.Tables;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Data;

/// <summary>What is read of images in folders, and how their classes become the same at all parties.</summary>
public sealed class ImageFolderFormatTests
{
    private readonly TempFolder _folder = new();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public void Pixels_come_channel_by_channel_and_classes_have_the_names_of_their_folders()
    {
        _folder.WriteImage("plain/train/dog/b.png", new Rgb24(1, 2, 3));
        _folder.WriteImage("plain/train/dog/a.bmp", new Rgb24(4, 5, 6));
        _folder.WriteImage("plain/train/cat/deep/er.png", new Rgb24(7, 8, 9), 60, 80);
        _folder.Write("plain/train/cat/.hidden.png", []);
        _folder.Write("plain/train/cat/notes.txt", []);
        _folder.Write("plain/schema.json", System.Text.Encoding.UTF8.GetBytes(ImageFiles.Schema));
        SampleSet set = Read("plain");
        Assert.That(set.ToString(), Is.EqualTo("[3, 8, 6] uint8"));
        Assert.That(set.Table!.Classes, Is.EqualTo((string[])["cat", "dog"]));
        Assert.That(set.Labels, Is.EqualTo((int[])[0, 1, 1]));
        byte[] Pixels(byte red, byte green, byte blue) => [.. Enumerable.Repeat(red, 48), .. Enumerable.Repeat(green, 48), .. Enumerable.Repeat(blue, 48)];
        Assert.That(set.Values, Is.EqualTo((byte[])[.. Pixels(7, 8, 9), .. Pixels(4, 5, 6), .. Pixels(1, 2, 3)]));
        SampleSet part = DatasetLocator.InDirectory(_folder["plain"]).OpenTrain().Select([2]);
        Assert.That((part.Table!.Classes.Single(), part.Labels.Single(), part.Values[0]), Is.EqualTo(("dog", 0, (byte)1)));
    }

    [Test]
    public void Grey_is_one_channel()
    {
        _folder.WriteImage("grey/train/a/1.png", new Rgb24(90, 90, 90), 3, 2);
        _folder.Write("grey/schema.json", """{ "image": { "height": 2, "width": 3, "channels": 1, "mean": 0.25, "std": 0.75 } }"""u8.ToArray());
        SampleSet set = Read("grey");
        Assert.That((set.Shape, set.Values), Is.EqualTo(((long[])[1, 2, 3], Enumerable.Repeat((byte)90, 6).ToArray())));
        Assert.That(set.Table!.Image, Is.EqualTo(new ImageSettings(2, 3, 1, 0.25, 0.75)));
    }

    [Test]
    public void Nodes_that_have_other_classes_number_them_alike()
    {
        _folder.WriteImages("node1", "train", 3, "cat", "dog");
        _folder.WriteImages("node2", "train", 2, "fox", "dog");
        (SampleSet one, SampleSet two) = (Read("node1"), Read("node2"));
        var merged = TableStatistics.Merge([Said(one), Said(two)]);
        Assert.That(merged.Classes, Is.EqualTo((ClassCount[])[new("cat", 3), new("dog", 5), new("fox", 2)]));
        var preparation = Preparation.Parse(Preparation.Of(merged).ToJson());
        SampleSet prepared = PreparedRows.Of(preparation, two);
        Assert.That(prepared.Labels, Is.EqualTo((int[])[1, 1, 2, 2]));
        Assert.That((prepared.Element, prepared.Shape, prepared.Values), Is.EqualTo((SampleElement.UInt8, (long[])[3, 8, 6], two.Values)));
        Assert.That(prepared.Table, Is.Null);
    }

    [Test]
    public void Parties_whose_images_become_something_else_are_told_apart()
    {
        _folder.WriteImages("here", "train", 1, "cat", "dog");
        _folder.WriteImages("there", "train", 1, "cat", "dog");
        _folder.Write("there/schema.json", """{ "image": { "height": 8, "width": 6, "channels": 3, "mean": 0.4 } }"""u8.ToArray());
        TableException e = Assert.Throws<TableException>((Action)(() => TableStatistics.Merge([Said(Read("here")), Said(Read("there"))])))!;
        Assert.That(e.Message, Is.EqualTo("node 1 has images of [3, 8, 6] with mean 0.5 and deviation 0.5, and node 2 images of [3, 8, 6] with mean 0.4 and deviation 0.5; give all the same schema.json"));
        TableException table = Assert.Throws<TableException>((Action)(() => TableStatistics.Merge([Said(Read("here")), TableStatistics.Of(Tables.Read("""{"label":"class"}""", "x,class\n1,cat\n"))])))!;
        Assert.That(table.Message, Does.Contain("and node 2 rows of a table"));
    }

    [Test]
    public void Without_labels_images_lie_wherever_they_like()
    {
        _folder.WriteImage("new/test/2.png", new Rgb24(2, 0, 0));
        _folder.WriteImage("new/test/10.png", new Rgb24(1, 0, 0));
        _folder.WriteImage("new/test/sub/1.png", new Rgb24(3, 0, 0));
        _folder.Write("new/schema.json", System.Text.Encoding.UTF8.GetBytes(ImageFiles.Schema));
        SampleSet set = DatasetFiles.Find(_folder["new"], new DatasetInfo("new", 0.5, 0.5, null), labels: false)!.ReadTest();
        Assert.That((set.Count, set.IsLabelled), Is.EqualTo((3, false)));
        Assert.That(Enumerable.Range(0, 3).Select(i => set.Sample(i)[0]), Is.EqualTo((byte[])[1, 2, 3]), "in the order of their names");
    }

    [TestCase("""{ "image": { "height": 8, "width": 6 }, "classes": ["cat"] }""", "dog: 'dog' is none of the \"classes\" in schema.json: cat")]
    [TestCase("""{ "image": { "height": 0, "width": 6 } }""", "schema.json: says images of [3, 0, 6]")]
    [TestCase("""{ "image": { "height": 8, "width": 6, "channels": 2 } }""", "channels 1 or 3")]
    [TestCase("""{ "image": { "height": "8", "width": 6 } }""", "schema.json: its \"image\": \"height\" is not a number")]
    [TestCase("""{ "image": 8 }""", "schema.json: its \"image\" is not of the form")]
    [TestCase("""{ "label": "class" }""", "schema.json: has the key 'label'; it takes image, classes")]
    [TestCase("{}", "schema.json: says images of [3, 0, 0]")]
    public void A_schema_that_does_not_fit_says_what_would(string schema, string says)
    {
        _folder.WriteImages("schema", "train", 1, "cat", "dog");
        _folder.Write("schema/schema.json", System.Text.Encoding.UTF8.GetBytes(schema));
        Assert.That(Assert.Throws<DataException>((Action)(() => Read("schema")))!.Message, Does.Contain(says));
    }

    [Test]
    public void What_is_no_image_is_named()
    {
        _folder.WriteImages("broken", "train", 1, "cat", "dog");
        byte[] whole = File.ReadAllBytes(_folder["broken/train/dog/dog00.png"]);
        foreach (byte[] content in new[] { [], "no image"u8.ToArray(), whole[..20], whole[..^20] })
        {
            File.WriteAllBytes(_folder["broken/train/dog/dog00.png"], content);
            DataException e = Assert.Throws<DataException>((Action)(() => Read("broken")))!;
            Assert.That(e.Message, Does.Contain("dog00.png: is no image that can be read").And.Not.Contains("\n"), $"{content.Length} bytes");
        }

        Directory.Delete(_folder["broken/train/dog"], recursive: true);
        Directory.CreateDirectory(_folder["broken/train/dog"]);
        Assert.That(Assert.Throws<DataException>((Action)(() => Read("broken")))!.Message, Does.Contain("dog: is the folder of a class and has no image in it"));
    }

    private static TableStatistics Said(SampleSet samples) => TableStatistics.Parse(TableStatistics.Of(samples).ToJson());

    private SampleSet Read(string name) => DatasetLocator.InDirectory(_folder[name]).ReadTrain();
}
