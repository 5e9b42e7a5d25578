using System.Text.Json;
using TorchSharp;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Models;

public sealed class LayeredModelTests
{
    private static readonly ModelDescription GoldenMlp = ModelPresets.Mlp([6, 8, 3]);

    private static readonly ModelDescription GoldenCnn = new(
        "cnn",
        [1, 8, 8],
        3,
        [
            new Conv2dLayer("conv1", 1, 4, Kernel: 3, Padding: 1), new ReluLayer("relu1"), new MaxPool2dLayer("pool", 2),
            new Conv2dLayer("conv2", 4, 6, Kernel: 3, Stride: 2), new ReluLayer("relu2"), new FlattenLayer("flatten"), new LinearLayer("fc", 6, 3),
        ]);

    private static IEnumerable<TestCaseData> GoldenModels() => TorchGolden.Cases("models", c => c.GetProperty("name").GetString()!);

    private static IEnumerable<TestCaseData> Cuts() =>
        new[] { GoldenMlp, GoldenCnn, ClusterOptions.SmallCnn }.SelectMany(m => Enumerable.Range(1, m.Layers.Length).Select(cut => new TestCaseData(m, cut)));

    [Test]
    public void Parameters_have_the_names_and_shapes_of_PyTorchs_state_dicts()
    {
        Assert.That(Names("mlp"), Is.EqualTo((string[])
        [
            "fc1.weight [256, 784]", "fc1.bias [256]", "fc2.weight [128, 256]", "fc2.bias [128]", "fc3.weight [64, 128]", "fc3.bias [64]",
            "fc4.weight [10, 64]", "fc4.bias [10]",
        ]));
        Assert.That(Names("cnn"), Is.EqualTo((string[])
        [
            "conv1.weight [32, 1, 3, 3]", "conv1.bias [32]", "conv2.weight [64, 32, 3, 3]", "conv2.bias [64]", "fc1.weight [128, 9216]",
            "fc1.bias [128]", "fc2.weight [10, 128]", "fc2.bias [10]",
        ]));

        static string[] Names(string preset)
        {
            using var model = new LayeredModel(ModelPresets.Create(preset), cut: 1);
            using var flat = new FlatParameters(model, float32, CPU, model.Description.ParameterCount);
            Assert.That(model.state_dict().Keys, Is.EqualTo(flat.Layout.Select(p => p.Name)));
            return [.. flat.Layout.Select(p => $"{p.Name} [{string.Join(", ", p.Shape)}]")];
        }
    }

    [TestCaseSource(nameof(GoldenModels))]
    public void Initial_parameters_logits_and_gradients_for_a_seed_are_PyTorchs(JsonElement golden)
    {
        using DisposeScope scope = NewDisposeScope();
        ModelDescription description = golden.GetProperty("name").GetString() == "mlp" ? GoldenMlp : GoldenCnn;
        var setup = new TrainingSetup(description, 1, ElementType.Float32, Exchange.TwoPhase, new Normalisation(0, 1));
        using var manager = new ModelManager(setup, new OptimizerSettings(), (ulong)golden.GetProperty("seed").GetInt64(), CPU);
        FlatParameters flat = manager.Parameters;
        Tensor labels = tensor(golden.GetProperty("y").EnumerateArray().Select(v => v.GetInt64()).ToArray());

        for (int i = 0; i < flat.Layout.Count; i++)
        {
            TorchGolden.AssertMatches(View(flat.Values, flat.Layout[i]), golden.GetProperty("parameters")[i], 0, flat.Layout[i].Name);
        }

        double lossSum = manager.PooledGradient(golden.GetProperty("x").ReadTensor(), labels).LossSum;

        Assert.That(lossSum, Is.EqualTo(golden.GetProperty("loss").GetDouble()).Within(1e-5), "the file has the sum");
        for (int i = 0; i < flat.Layout.Count; i++)
        {
            // The file's gradients are those of the summed loss.
            TorchGolden.AssertMatches(View(flat.Gradient, flat.Layout[i]) * labels.shape[0], golden.GetProperty("gradients")[i], 1e-5, flat.Layout[i].Name);
        }
    }

    [TestCaseSource(nameof(Cuts))]
    public void The_two_halves_one_after_the_other_are_the_model(ModelDescription description, int cut)
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(4);
        using var model = new LayeredModel(description, cut);
        Tensor input = rand([3, .. description.InputShape]);

        Tensor activations = model.ForwardFirst(input);

        Assert.That(activations.shape, Is.EqualTo((long[])[3, .. model.CutShape]));
        Assert.That(model.ForwardRest(activations).Equals(model.call(input)), Is.True);
    }

    [Test]
    public void The_seed_decides_the_initial_parameters()
    {
        Assert.That(Hash(1), Is.EqualTo(Hash(1)));
        Assert.That(Hash(1), Is.Not.EqualTo(Hash(2)));

        static string Hash(ulong seed)
        {
            using ModelManager manager = new ClusterOptions { Seed = seed }.NewContext().NewModel();
            return manager.Parameters.Sha256();
        }
    }

    private static Tensor View(Tensor flat, ParameterSlice slice) => flat.narrow(0, slice.Offset, slice.Count).view(slice.Shape);
}
