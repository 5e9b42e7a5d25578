using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Tests.Unit.Training;

internal sealed class ExactnessTests
{
    [TestCase("resnet", "conv", Exchange.TwoPhase, "layer 'bn' needs all rows of a batch at once, and a node has only its own; use --exchange relay")]
    [TestCase("resnet", "conv", Exchange.OnePhase, "layer 'bn' needs all rows of a batch at once, and a node has only its own; use --exchange relay")]
    [TestCase("resnet", "conv", Exchange.Relay, null)]
    [TestCase("resnet", "bn", Exchange.Relay, "layer 'bn' needs all rows of a batch at once, and a node has only its own; use --exchange relay --cut conv")]
    [TestCase("resnet", "block1_1", Exchange.TwoPhase, "layer 'bn' needs all rows of a batch at once, and a node has only its own; use --exchange relay --cut conv")]
    [TestCase("vgg", "flatten", Exchange.TwoPhase, "layer 'dropout' draws random numbers, and every node would draw others; use --exchange relay")]
    [TestCase("vgg", "flatten", Exchange.Relay, null)]
    [TestCase("vgg", "dropout", Exchange.Relay, "layer 'dropout' draws random numbers, and every node would draw others; use --exchange relay --cut relu")]
    [TestCase("mlp", "fc2", Exchange.OnePhase, null)]
    [TestCase("cnn", "pool", Exchange.Relay, null)]
    public void A_layer_that_would_not_be_exact_is_named_with_what_would(string preset, string cut, Exchange exchange, string? problem)
    {
        ModelDescription model = ModelPresets.Create(preset);
        Assert.That(Exactness.Problem(model, model.ParseCut(cut), exchange), Is.EqualTo(problem));
    }

    [Test]
    public void Where_no_cut_helps_that_is_said()
    {
        var model = new ModelDescription("m", [4, 3], 2, [new BatchNormLayer("bn", 4), new FlattenLayer("flat"), new LinearLayer("fc", 12, 2)]);
        Assert.That(
            Exactness.Problem(model, 1, Exchange.Relay),
            Is.EqualTo("layer 'bn' needs all rows of a batch at once, and a node has only its own, and no layer in front of it can be cut behind; use another model"));
    }
}
