using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Models;

internal sealed class LossFunctionTests
{
    private static readonly double[] ThreeWeights = [1, 2, 0.5];
    private static readonly ModelDescription ThreeClasses = ModelPresets.Mlp([4, 3]);
    private static readonly ModelDescription OneOutput = ModelPresets.Mlp([4, 1]);

    private static IEnumerable<TestCaseData> Cases() => Golden.Json("losses.json").GetProperty("cases").EnumerateArray()
        .Select(c => new TestCaseData(c).SetArgDisplayNames(c.GetProperty("name").GetString()!));

    [TestCaseSource(nameof(Cases))]
    public void Sums_gradients_and_hits_are_PyTorchs(JsonElement golden)
    {
        using DisposeScope scope = NewDisposeScope();
        var loss = LossFunction.Parse(golden.GetProperty("loss").GetRawText());
        Tensor outputs = Numbers(golden, "outputs");
        Tensor labels = loss.Outputs == OutputMeaning.Numbers ? Numbers(golden, "labels") : Numbers(golden, "labels").to(int64);
        Tensor leaf = outputs.detach().requires_grad_();
        Tensor sum = loss.Sum(leaf, labels);
        sum.backward();

        Assert.That(sum.ToDouble(), Is.EqualTo(golden.GetProperty("sum").GetDouble()).Within(1e-13));
        Assert.That((leaf.grad! - Numbers(golden, "gradient")).abs().max().ToDouble(), Is.LessThan(1e-14));
        Assert.That(loss.Hits(outputs, labels), Is.EqualTo(golden.GetProperty("hits").GetInt32()));
        if (golden.GetProperty("mean") is { ValueKind: JsonValueKind.Number } mean)
        {
            Assert.That(sum.ToDouble() / outputs.shape[0], Is.EqualTo(mean.GetDouble()).Within(1e-14), "the mean over the rows is PyTorch's own");
        }
    }

    [Test]
    public void The_rows_of_a_batch_add_up_whoever_holds_them([Values(0, 1, 3, 7)] int split)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (JsonElement golden in Golden.Json("losses.json").GetProperty("cases").EnumerateArray())
        {
            var loss = LossFunction.Parse(golden.GetProperty("loss").GetRawText());
            Tensor outputs = Numbers(golden, "outputs");
            Tensor labels = loss.Outputs == OutputMeaning.Numbers ? Numbers(golden, "labels") : Numbers(golden, "labels").to(int64);
            double parts = new[] { (0, split), (split, 7 - split) }.Where(p => p.Item2 > 0)
                .Sum(p => loss.Sum(outputs.narrow(0, p.Item1, p.Item2), labels.narrow(0, p.Item1, p.Item2)).ToDouble());
            Assert.That(parts, Is.EqualTo(golden.GetProperty("sum").GetDouble()).Within(1e-13), golden.GetProperty("name").GetString());
        }
    }

    [Test]
    public void A_loss_is_the_same_after_its_JSON()
    {
        foreach (LossFunction loss in new LossFunction[] { new MseLoss(), new BceWithLogitsLoss([0.1 + 0.2, 1]), new CrossEntropyLoss(ThreeWeights, 1.0 / 3) })
        {
            Assert.That(LossFunction.Parse(loss.ToJson()), Is.EqualTo(loss).UsingPropertiesComparer());
            Assert.That(LossFunction.Parse(loss.ToJson()).ToJson(), Is.EqualTo(loss.ToJson()));
        }

        Assert.That(LossFunction.Default.ToJson(), Is.EqualTo("""{"type":"cross_entropy"}"""));
        Assert.That(LossFunction.Parse("""{"type":"cross_entropy"}"""), Is.EqualTo(LossFunction.Default));
        Assert.That(LossFunction.Names, Is.EqualTo((string[])["cross_entropy", "bce_with_logits", "mse"]));
    }

    [TestCase("")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("""{"type":"hinge"}""")]
    [TestCase("""{"type":"mse","class_weights":[1]}""")]
    [TestCase("""{"type":"cross_entropy","type":"mse"}""")]
    [TestCase("""{"type":"cross_entropy","label_smoothing":"much"}""")]
    [TestCase("""{"type":"cross_entropy","class_weights":[1,null]}""")]
    [TestCase("""{"$type":"System.String"}""")]
    public void What_is_no_loss_is_refused(string json) => Assert.That(() => LossFunction.Parse(json), Throws.TypeOf<ModelException>());

    [Test]
    public void What_does_not_go_together_is_named()
    {
        Assert.That(new CrossEntropyLoss(ThreeWeights).Misfit(ThreeClasses), Is.Null);
        Assert.That(new CrossEntropyLoss(ThreeWeights).Misfit(OneOutput), Is.EqualTo("there are 3 class weights for 1 classes; give one for each"));
        Assert.That(new BceWithLogitsLoss([1, 2]).Misfit(OneOutput), Is.Null);
        Assert.That(new CrossEntropyLoss([1, -1, 1]).Misfit(ThreeClasses), Is.EqualTo("a class weight is a finite number, not below 0"));
        Assert.That(new CrossEntropyLoss([0, 0, 0]).Misfit(ThreeClasses), Is.EqualTo("at least one class weight is above 0"));
        Assert.That(new CrossEntropyLoss(LabelSmoothing: 1.5).Misfit(ThreeClasses), Is.EqualTo("the label smoothing is 1.5, not from 0 to 1"));
        Assert.That(
            () => LossFunction.Create("mse", new Dictionary<string, JsonNode>(StringComparer.Ordinal) { ["label_smoothing"] = JsonValue.Create(0.1) }),
            Throws.TypeOf<ModelException>().With.Message.EqualTo("--label_smoothing does not go with --loss mse"));
        Assert.That((new BceWithLogitsLoss().ClassesOf(OneOutput), new BceWithLogitsLoss().ClassesOf(ThreeClasses), new MseLoss().ClassesOf(OneOutput)), Is.EqualTo(((int?)2, (int?)3, (int?)null)));
    }

    private static Tensor Numbers(JsonElement golden, string name)
    {
        JsonElement numbers = golden.GetProperty(name);
        return tensor(
            numbers.GetProperty("values").EnumerateArray().Select(v => v.GetDouble()).ToArray(),
            numbers.GetProperty("shape").EnumerateArray().Select(v => v.GetInt64()).ToArray());
    }
}
