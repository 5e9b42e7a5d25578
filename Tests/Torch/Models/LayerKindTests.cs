using TorchSharp;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Models;

public sealed class LayerKindTests
{
    private static readonly LayerDescription[] Body = [new LinearLayer("fc1", 4, 4), new TanhLayer("act")];

    [TestCase(new long[] { 2, 9 }, """{"type":"conv1d","name":"a","in":2,"out":3,"kernel":4,"stride":2,"padding":1}""", new long[] { 3, 4 })]
    [TestCase(new long[] { 7 }, """{"type":"batch_norm","name":"a","channels":7}""", new long[] { 7 })]
    [TestCase(new long[] { 7, 2, 3 }, """{"type":"batch_norm","name":"a","channels":7}""", new long[] { 7, 2, 3 })]
    [TestCase(new long[] { 6, 5 }, """{"type":"group_norm","name":"a","groups":3,"channels":6}""", new long[] { 6, 5 })]
    [TestCase(new long[] { 2, 3, 6 }, """{"type":"layer_norm","name":"a","size":6}""", new long[] { 2, 3, 6 })]
    [TestCase(new long[] { 2, 7 }, """{"type":"max_pool1d","name":"a","kernel":3}""", new long[] { 2, 2 })]
    [TestCase(new long[] { 2, 7, 4 }, """{"type":"avg_pool2d","name":"a","kernel":3}""", new long[] { 2, 2, 1 })]
    [TestCase(new long[] { 2, 7, 4 }, """{"type":"adaptive_avg_pool2d","name":"a","size":5}""", new long[] { 2, 5, 5 })]
    [TestCase(new long[] { 2, 7, 4 }, """{"type":"global_mean","name":"a"}""", new long[] { 2 })]
    [TestCase(new long[] { 2, 7 }, """{"type":"transpose","name":"a"}""", new long[] { 7, 2 })]
    [TestCase(new long[] { 2, 7 }, """{"type":"dropout","name":"a","p":0.25}""", new long[] { 2, 7 })]
    [TestCase(new long[] { 9 }, """{"type":"embedding","name":"a","vocabulary":100,"size":5}""", new long[] { 9, 5 })]
    [TestCase(new long[] { 9, 5 }, """{"type":"lstm","name":"a","in":5,"hidden":3}""", new long[] { 3 })]
    [TestCase(new long[] { 4 }, """{"type":"residual","name":"a","body":[{"type":"linear","name":"b","in":4,"out":3}],"shortcut":[{"type":"linear","name":"c","in":4,"out":3,"bias":false}],"relu":true}""", new long[] { 3 })]
    public void The_shape_that_is_said_is_the_shape_that_is_built(long[] input, string layer, long[] output)
    {
        using DisposeScope scope = NewDisposeScope();
        ModelDescription description = With(input, layer, output);
        using var model = new LayeredModel(description, cut: 1);

        Tensor inputs = description.Vocabulary is null ? rand([3, .. input]) : zeros([3, .. input], dtype: int64);
        Tensor behind = model.ForwardFirst(inputs);

        Assert.That(model.CutShape, Is.EqualTo(output));
        Assert.That(behind.shape, Is.EqualTo((long[])[3, .. output]));
        Assert.That(model.parameters().Sum(p => p.numel()), Is.EqualTo(description.ParameterCount));
        Assert.That(description.ToJson(), Does.Contain(layer), "written as it was read");
        Assert.That(description.ActivationsBefore(1), Is.GreaterThanOrEqualTo(output.Aggregate(1L, (a, b) => a * b)));
    }

    [TestCase(new long[] { 3, 9 }, """{"type":"conv1d","name":"a","in":2,"out":3,"kernel":4}""", "'a' takes [2, length] of at least 4, but gets [3, 9]")]
    [TestCase(new long[] { 2, 3 }, """{"type":"conv1d","name":"a","in":2,"out":3,"kernel":4}""", "'a' takes [2, length] of at least 4, but gets [2, 3]")]
    [TestCase(new long[] { 2, 3 }, """{"type":"conv1d","name":"a","in":2,"out":3,"kernel":1,"stride":0}""", "'a': stride is 0")]
    [TestCase(new long[] { 6 }, """{"type":"batch_norm","name":"a","channels":7}""", "'a' takes [7], [7, length] or [7, height, width], but gets [6]")]
    [TestCase(new long[] { 7, 1, 1, 1 }, """{"type":"batch_norm","name":"a","channels":7}""", "'a' takes [7]")]
    [TestCase(new long[] { 6, 5 }, """{"type":"group_norm","name":"a","groups":4,"channels":6}""", "'a': 6 channels do not make 4 groups")]
    [TestCase(new long[] { 6 }, """{"type":"group_norm","name":"a","groups":3,"channels":6}""", "'a' takes [6, length]")]
    [TestCase(new long[] { 6, 5 }, """{"type":"layer_norm","name":"a","size":6}""", "'a' takes […, 6]")]
    [TestCase(new long[] { 2, 2 }, """{"type":"max_pool1d","name":"a","kernel":3}""", "'a' takes [channels, length] of at least 3")]
    [TestCase(new long[] { 2, 2 }, """{"type":"avg_pool2d","name":"a","kernel":2}""", "'a' takes [channels, height, width]")]
    [TestCase(new long[] { 2, 2 }, """{"type":"adaptive_avg_pool2d","name":"a","size":2}""", "'a' takes [channels, height, width]")]
    [TestCase(new long[] { 2, 2, 2 }, """{"type":"adaptive_avg_pool2d","name":"a","size":16777216}""", "'a' makes the model too large")]
    [TestCase(new long[] { 2 }, """{"type":"global_mean","name":"a"}""", "'a' takes [channels, …]")]
    [TestCase(new long[] { 2 }, """{"type":"transpose","name":"a"}""", "'a' takes two dimensions")]
    [TestCase(new long[] { 2 }, """{"type":"dropout","name":"a","p":1}""", "'a': p is 1")]
    [TestCase(new long[] { 2 }, """{"type":"dropout","name":"a","p":-0.1}""", "'a': p is -0.1")]
    [TestCase(new long[] { 2 }, """{"type":"dropout","name":"a","p":1e999}""", "'a': p is")]
    [TestCase(new long[] { 2, 2 }, """{"type":"embedding","name":"a","vocabulary":9,"size":2}""", "'a' takes [tokens]")]
    [TestCase(new long[] { 2 }, """{"type":"tanh","name":"t"},{"type":"embedding","name":"a","vocabulary":9,"size":2}""", "'a' takes tokens")]
    [TestCase(new long[] { 2, 2 }, """{"type":"lstm","name":"a","in":3,"hidden":2}""", "'a' takes [steps, 3]")]
    [TestCase(new long[] { 16777216, 1 }, """{"type":"lstm","name":"a","in":1,"hidden":2}""", "'a' makes the model too large")]
    [TestCase(new long[] { 2 }, """{"type":"residual","name":"a","body":[]}""", "the body of 'a' has from 1 to 1024 layers")]
    [TestCase(new long[] { 2 }, """{"type":"residual","name":"a","body":[{"type":"tanh","name":"t"}],"shortcut":[]}""", "the shortcut of 'a' has from 1")]
    [TestCase(new long[] { 2 }, """{"type":"residual","name":"a","body":[null]}""", "layer 1 of the body of 'a' is null")]
    [TestCase(new long[] { 2 }, """{"type":"residual","name":"a","body":[{"type":"tanh","name":"t"}],"shortcut":[{"type":"tanh","name":"t"}]}""", "layer 1 of the shortcut of 'a': the name 't'")]
    [TestCase(new long[] { 2 }, """{"type":"residual","name":"a","body":[{"type":"linear","name":"b","in":3,"out":2}]}""", "'a.b' takes [3], but gets [2]")]
    [TestCase(new long[] { 2 }, """{"type":"residual","name":"a","body":[{"type":"linear","name":"b","in":2,"out":1}]}""", "'a' adds its body, which gives [1], to its input, [2]")]
    [TestCase(new long[] { 2 }, """{"type":"residual","name":"a","body":[{"type":"embedding","name":"b","vocabulary":2,"size":1}]}""", "'a.b' takes tokens")]
    [TestCase(new long[] { 2 }, """{"type":"residual","name":"a","body":[{"type":"residual","name":"b","body":[{"type":"linear","name":"c","in":3,"out":2}]}]}""", "'a.b.c' takes [3]")]
    [TestCase(new long[] { 2 }, """{"type":"residual","name":"a","body":[{"type":"linear","name":"b","in":2,"out":16777216},{"type":"linear","name":"c","in":16777216,"out":16777216},{"type":"linear","name":"d","in":16777216,"out":2}]}""", "'a' makes the model too large")]
    public void What_does_not_fit_is_refused_by_name(long[] input, string layers, string reason) =>
        Assert.That(() => With(input, layers, [1]), Throws.TypeOf<ModelException>().With.Message.Contains(reason));

    [Test]
    public void Blocks_nest_six_deep_and_no_deeper([Range(1, 8)] int depth)
    {
        string layer = """{"type":"tanh","name":"t"}""";
        for (int i = 0; i < depth; i++)
        {
            layer = $$"""{"type":"residual","name":"b","body":[{{layer}}]}""";
        }

        Action read = () => With([2], layer, [2]);
        Assert.That(read, depth <= 6 ? Throws.Nothing : Throws.TypeOf<ModelException>().With.Message.Contains("malformed"));
    }

    [TestCase(new long[] { 4 })]
    [TestCase(new long[] { 4, 1, 1 })]
    public void Batch_norm_does_not_train_with_one_value_a_channel(long[] shape)
    {
        using DisposeScope scope = NewDisposeScope();
        (nn.Module? module, Func<Tensor, Tensor> forward) = new BatchNormLayer("bn", 4).Build(shape);
        using nn.Module norm = module!;
        Tensor one = ones([1, .. shape]);
        Assert.That(() => forward(one), Throws.TypeOf<ModelException>().With.Message.Contains("'bn'").And.Message.Contains("batch size"));
        Assert.That(() => forward(ones([2, .. shape])), Throws.Nothing);
        norm.eval();
        Assert.That(() => forward(one), Throws.Nothing, "it has its statistics then");
    }

    [Test]
    public void A_layer_says_what_couples_its_rows()
    {
        LayerDescription norm = new BatchNormLayer("bn", 4), drop = new DropoutLayer("drop", 0.5);

        Assert.That(new LinearLayer("fc", 4, 4).Coupling, Is.EqualTo(LayerCoupling.None));
        Assert.That(norm.Coupling, Is.EqualTo(LayerCoupling.Rows));
        Assert.That((drop.Coupling, new DropoutLayer("drop", 0).Coupling), Is.EqualTo((LayerCoupling.Random, LayerCoupling.None)));
        Assert.That(new ResidualLayer("block", Body).Coupling, Is.EqualTo(LayerCoupling.None));
        Assert.That(new ResidualLayer("block", Body, [drop]).Coupling, Is.EqualTo(LayerCoupling.Random));
        Assert.That(new ResidualLayer("block", [drop, .. Body], [norm]).Coupling, Is.EqualTo(LayerCoupling.Rows), "which is the harder to keep exact");
        Assert.That(new ResidualLayer("outer", [new ResidualLayer("inner", [norm])]).Coupling, Is.EqualTo(LayerCoupling.Rows));
    }

    [Test]
    public void Memory_counts_what_is_within_blocks_and_the_steps_of_sequences()
    {
        Assert.That(new ResidualLayer("block", Body).CountActivations([4]), Is.EqualTo(12), "two layers and the sum");
        Assert.That(new ResidualLayer("block", Body, [new LinearLayer("fc2", 4, 4)], Relu: true).CountActivations([4]), Is.EqualTo(20));
        Assert.That(
            new LstmLayer("lstm", 3, 5).CountActivations([100, 3]), Is.EqualTo(10 * new LstmLayer("lstm", 3, 5).CountActivations([10, 3])).And.GreaterThan(100 * 5 * 6));

        var model = new ModelDescription("m", [1000, 3], 2, [new LstmLayer("lstm", 3, 50), new LinearLayer("fc", 50, 2)]);
        var setup = new TrainingSetup(model, 1, ElementType.Float32, Exchange.TwoPhase, new Normalisation(0, 1));
        Assert.That(new ModelMemory(setup, 10_000_000).Fits(10), Is.False);
        Assert.That(new ModelMemory(setup, 100_000_000).Fits(10), Is.True);
    }

    [Test]
    public void Names_within_a_block_stand_behind_the_blocks()
    {
        var description = new ModelDescription("m", [4], 4, [new ResidualLayer("block", Body, [new LinearLayer("fc2", 4, 4, Bias: false)])]);
        using var model = new LayeredModel(description, cut: 1);
        Assert.That(
            model.named_parameters().Select(p => p.name), Is.EqualTo((string[])["block.fc1.weight", "block.fc1.bias", "block.fc2.weight"]));
    }

    [Test]
    public void Dropout_zeroes_and_scales_in_training_mode_only()
    {
        using DisposeScope scope = NewDisposeScope();
        using var model = new LayeredModel(
            new ModelDescription("m", [1000], 1000, [new ResidualLayer("block", [new DropoutLayer("drop", 0.75)])]), cut: 1);
        Tensor dropped = model.call(ones(1, 1000));
        Assert.That(dropped.eq(1).sum().ToInt32(), Is.InRange(600, 900));
        Assert.That(dropped.eq(5).sum().ToInt32(), Is.EqualTo(1000 - dropped.eq(1).sum().ToInt32()));

        model.eval();
        Assert.That(model.call(ones(1, 1000)).eq(2).all().ToBoolean(), Is.True);
        model.train();
        Assert.That(model.call(ones(1, 1000)).eq(5).any().ToBoolean(), Is.True);
    }

    [Test]
    public void A_pass_leaves_no_tensor_behind([Values("vgg", "resnet", "tabular:5,3", "text:9,5,3")] string preset)
    {
        ModelDescription description = ModelPresets.Create(preset);
        using var model = new LayeredModel(description, cut: 1);
        TensorCount.AssertSteady(
            _ =>
            {
                using DisposeScope scope = NewDisposeScope();
                model.call(zeros([2, .. description.InputShape], dtype: description.Vocabulary is null ? float32 : int64)).sum().backward();
            },
            steps: 3);
    }

    /// <summary>These layers, and a linear one where their output is no vector of logits.</summary>
    private static ModelDescription With(long[] input, string layers, long[] output)
    {
        long size = output.Aggregate(1L, (a, b) => a * b);
        return ModelDescription.Parse(
            $$"""
            {"name":"m","input_shape":[{{string.Join(',', input)}}],"class_count":{{size}},"layers":[{{layers}},
            {"type":"flatten","name":"last"},{"type":"linear","name":"out","in":{{size}},"out":{{size}}}]}
            """);
    }
}
