using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TorchSharp;
using TorchSharp.Modules;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TraversalLearning.Tests.Torch.Models;

public sealed class FlatParametersTests
{
    private static readonly ModelDescription Model = ClusterOptions.SmallCnn;

    private static IEnumerable<TestCaseData> Optimizers()
    {
        foreach (ScalarType type in new[] { float32, float64 })
        {
            yield return new TestCaseData(new OptimizerSettings(), type).SetArgDisplayNames("adadelta", $"{type}");
            yield return new TestCaseData(new OptimizerSettings(OptimizerKind.Adadelta, 0.5, WeightDecay: 1e-3), type).SetArgDisplayNames("adadelta decay", $"{type}");
            yield return new TestCaseData(new OptimizerSettings(OptimizerKind.Sgd, 0.1), type).SetArgDisplayNames("sgd", $"{type}");
            yield return new TestCaseData(new OptimizerSettings(OptimizerKind.Sgd, 0.1, Momentum: 0.9, WeightDecay: 1e-2), type).SetArgDisplayNames("sgd momentum", $"{type}");
            yield return new TestCaseData(new OptimizerSettings(OptimizerKind.Sgd, 0.1, Momentum: 0.9, Nesterov: true), type).SetArgDisplayNames("sgd nesterov", $"{type}");
            yield return new TestCaseData(new OptimizerSettings(OptimizerKind.Adam, 0.01), type).SetArgDisplayNames("adam", $"{type}");
            yield return new TestCaseData(new OptimizerSettings(OptimizerKind.Adam, 0.01, WeightDecay: 1e-2), type).SetArgDisplayNames("adam decay", $"{type}");
            yield return new TestCaseData(new OptimizerSettings(OptimizerKind.AdamW, 0.01, WeightDecay: 1e-2), type).SetArgDisplayNames("adamw", $"{type}");
        }
    }

    [Test]
    public void Moving_a_model_onto_one_storage_changes_none_of_its_values()
    {
        using DisposeScope scope = NewDisposeScope();
        using LayeredModel separate = NewModel();
        byte[] before = [.. separate.parameters().SelectMany(p => p.detach().contiguous().bytes.ToArray())];
        using LayeredModel model = NewModel();
        using FlatParameters flat = new(model, float32, CPU, Model.ParameterCount);

        Assert.That(flat.ValueBytes.ToArray(), Is.EqualTo(before));
        Assert.That(flat.Count, Is.EqualTo(Model.ParameterCount));
        Assert.That(flat.Layout.Sum(p => p.Count), Is.EqualTo(flat.Count));
    }

    [Test]
    public void Parameters_are_views_of_one_storage()
    {
        using DisposeScope scope = NewDisposeScope();
        using LayeredModel model = NewModel();
        using FlatParameters flat = new(model, float32, CPU, Model.ParameterCount);
        Parameter[] parameters = [.. model.parameters()];

        MemoryMarshal.Cast<byte, float>(flat.ValueBytes.Span).Fill(0.25f);
        Assert.That(parameters.All(p => p.detach().eq(0.25).all().ToBoolean()), Is.True, "bytes received are the layers' parameters");

        using (no_grad())
        {
            parameters[^1].fill_(2);
        }

        Assert.That(MemoryMarshal.Cast<byte, float>(flat.ValueBytes.Span)[^1], Is.EqualTo(2f), "and the other way round");
        Assert.That(parameters.All(p => p.requires_grad && p.is_leaf), Is.True);
    }

    [Test]
    public void Backward_passes_accumulate_into_the_one_gradient_in_place()
    {
        using DisposeScope scope = NewDisposeScope();
        using LayeredModel model = NewModel();
        using FlatParameters flat = new(model, float64, CPU, Model.ParameterCount);
        Tensor input = rand([5, .. Model.InputShape], dtype: float64);
        Tensor labels = tensor(new long[] { 0, 1, 2, 3, 0 });

        F.cross_entropy(model.call(input), labels).backward();
        Tensor once = flat.Gradient.clone();
        F.cross_entropy(model.call(input), labels).backward();

        Assert.That(once.abs().max().ToDouble(), Is.GreaterThan(0));
        Assert.That(flat.Gradient.Equals(once * 2), Is.True);
        int i = 0;
        foreach (Parameter parameter in model.parameters())
        {
            ParameterSlice slice = flat.Layout[i++];
            Assert.That(parameter.grad!.flatten().Equals(flat.Gradient.narrow(0, slice.Offset, slice.Count)), Is.True, slice.Name);
        }

        flat.Gradient.zero_();
        Assert.That(model.parameters().All(p => p.grad!.eq(0).all().ToBoolean()), Is.True);
    }

    [Test]
    public void A_node_keeps_gradients_of_the_first_layers_only()
    {
        using DisposeScope scope = NewDisposeScope();
        using LayeredModel model = NewModel();
        using FlatParameters flat = new(model, float32, CPU, Model.ParametersBefore(3));
        bool[] hasGradient = [.. model.parameters().Select(p => p.grad is not null)];
        Assert.That(hasGradient, Is.EqualTo((bool[])[true, true, true, true, false, false, false, false]));
        Assert.That(flat.Gradient.numel(), Is.EqualTo(Model.ParametersBefore(3)));
    }

    [Test]
    public void The_hash_is_the_SHA256_of_all_bytes_and_changes_with_any_bit([Values(0, 17, -1)] int at)
    {
        using LayeredModel model = NewModel();
        using FlatParameters flat = new(model, float32, CPU, Model.ParameterCount);
        string before = flat.Sha256();
        Assert.That(before, Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(flat.ValueBytes.Span))));

        flat.ValueBytes.Span[at < 0 ? ^1 : at] ^= 1;
        Assert.That(flat.Sha256(), Is.Not.EqualTo(before));
        flat.ValueBytes.Span[at < 0 ? ^1 : at] ^= 1;
        Assert.That(flat.Sha256(), Is.EqualTo(before));
    }

    [TestCaseSource(nameof(Optimizers))]
    public void A_step_on_the_flat_pair_is_the_step_on_every_parameter_bit_for_bit(OptimizerSettings settings, ScalarType type)
    {
        using DisposeScope scope = NewDisposeScope();
        using LayeredModel flatModel = NewModel();
        using FlatParameters flat = new(flatModel, type, CPU, Model.ParameterCount);
        using LayeredModel separate = NewModel();
        separate.to(type);
        Parameter[] parameters = [.. separate.parameters()];
        using optim.Optimizer one = settings.Create(flat);
        using optim.Optimizer many = Separate(settings, parameters);
        Tensor labels = tensor(new long[] { 0, 1, 2, 3, 0 });
        string start = flat.Sha256();
        for (int step = 0; step < 5; step++)
        {
            flat.Gradient.zero_();
            F.cross_entropy(flatModel.call(rand([5, .. Model.InputShape], dtype: type)), labels).backward();
            for (int i = 0; i < parameters.Length; i++)
            {
                ParameterSlice slice = flat.Layout[i];
                parameters[i].grad = flat.Gradient.narrow(0, slice.Offset, slice.Count).view(slice.Shape).clone();
            }

            one.step();
            many.step();

            byte[] expected = [.. parameters.SelectMany(p => p.detach().contiguous().bytes.ToArray())];
            Assert.That(flat.ValueBytes.Span.SequenceEqual(expected), Is.True, $"step {step}");
        }

        Assert.That(flat.Sha256(), Is.Not.EqualTo(start), "something was learned");
    }

    private static optim.Optimizer Separate(OptimizerSettings s, Parameter[] parameters) => s.Kind switch
    {
        OptimizerKind.Adadelta => optim.Adadelta(parameters, s.EffectiveLearningRate, weight_decay: s.WeightDecay),
        OptimizerKind.Sgd => optim.SGD(parameters, s.EffectiveLearningRate, s.Momentum, weight_decay: s.WeightDecay, nesterov: s.Nesterov),
        OptimizerKind.Adam => optim.Adam(parameters, s.EffectiveLearningRate, weight_decay: s.WeightDecay),
        OptimizerKind.AdamW => optim.AdamW(parameters, s.EffectiveLearningRate, weight_decay: s.WeightDecay),
        _ => throw new ArgumentOutOfRangeException(nameof(s)),
    };

    private static LayeredModel NewModel()
    {
        manual_seed(11);
        return new LayeredModel(Model, cut: 1);
    }
}
