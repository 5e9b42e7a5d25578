using System.Text.Json;
using TorchSharp;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Models;

internal sealed class AugmentationTests
{
    private static readonly JsonElement Root = Golden.Json("augmentation.json");

    private static IEnumerable<TestCaseData> Cases() => Root.GetProperty("cases").EnumerateArray()
        .Select(c => new TestCaseData(c).SetArgDisplayNames($"crop {c.GetProperty("crop")}", $"flip {c.GetProperty("flip")}", $"epoch {c.GetProperty("epoch")}"));

    [TestCaseSource(nameof(Cases))]
    public void Images_are_cut_out_and_mirrored_as_numpy_does_it(JsonElement golden)
    {
        using DisposeScope scope = NewDisposeScope();
        long[] shape = [.. Root.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64())];
        SampleIdentity[] rows = [.. Root.GetProperty("rows").EnumerateArray().Select(r => new SampleIdentity(r[0].GetInt32(), r[1].GetInt32()))];
        var how = new Augmentation(golden.GetProperty("crop").GetInt32(), golden.GetProperty("flip").GetBoolean(), golden.GetProperty("seed").GetInt64());
        Tensor images = arange(0, shape.Aggregate(1L, (a, b) => a * b), dtype: float64).reshape(shape);
        int epoch = golden.GetProperty("epoch").GetInt32();
        double[] expected = [.. golden.GetProperty("images").EnumerateArray().Select(v => v.GetDouble())];

        Tensor made = AugmentedImages.Of(images, Root.GetProperty("black").GetDouble(), how, epoch, rows);

        Assert.That(made.shape, Is.EqualTo(shape));
        Assert.That(made.data<double>().ToArray(), Is.EqualTo(expected));
        Tensor alone = AugmentedImages.Of(images.narrow(0, 2, 1), Root.GetProperty("black").GetDouble(), how, epoch, rows.AsSpan(2, 1));
        Assert.That(alone.Equals(made.narrow(0, 2, 1)), Is.True, "whoever else is in the batch");
    }

    [TestCase("none", 0, false)]
    [TestCase("flip", 0, true)]
    [TestCase("crop:4", 4, false)]
    [TestCase("crop:4,flip", 4, true)]
    public void A_text_says_what_is_done(string text, int crop, bool flip)
    {
        var augmentation = Augmentation.Parse(text);
        Assert.That((augmentation.Crop, augmentation.Flip, augmentation.ToString()), Is.EqualTo((crop, flip, text)));
        Assert.That(Augmentation.FromJson(augmentation.OfRun(1).ToJson()), Is.EqualTo(augmentation.OfRun(1)));
        Assert.That(augmentation.OfRun(1).Seed, Is.Not.EqualTo(augmentation.OfRun(2).Seed));
    }

    [TestCase("")]
    [TestCase("crop")]
    [TestCase("crop:0")]
    [TestCase("crop:256")]
    [TestCase("crop:-1")]
    [TestCase("flip,flip")]
    [TestCase("crop:1,crop:2")]
    [TestCase("none,flip")]
    [TestCase("rotate:5")]
    public void Another_text_is_refused(string text) => Assert.That(() => Augmentation.Parse(text), Throws.TypeOf<FormatException>());

    [TestCase("null")]
    [TestCase("{}")]
    [TestCase("""{"crop":-1,"flip":true,"seed":1}""")]
    [TestCase("""{"crop":999,"flip":true,"seed":1}""")]
    [TestCase("""{"crop":1,"flip":true,"seed":-1}""")]
    [TestCase("""{"crop":1,"flip":true,"seed":1,"rotate":5}""")]
    public void JSON_that_makes_no_sense_is_refused(string json) => Assert.That(() => Augmentation.FromJson(json), Throws.TypeOf<ModelException>());

    [Test]
    public void Only_images_are_changed()
    {
        Assert.That(Augmentation.Parse("flip").Misfit(ModelPresets.Create("cnn")), Is.Null);
        Assert.That(Augmentation.None.Misfit(ModelPresets.Create("mlp")), Is.Null);
        Assert.That(Augmentation.Parse("flip").Misfit(ModelPresets.Create("mlp")), Is.EqualTo("--augment flip is for images [channels, height, width], and the model 'mlp' takes [784]"));
    }
}
