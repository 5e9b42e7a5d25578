using System.Numerics;
using TorchSharp;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Models.Parameters;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Models;

/// <summary>The one-pass updates are the optimizers of TorchSharp, which are held against PyTorch's values elsewhere.</summary>
internal sealed class FlatUpdateTests
{
    private static IEnumerable<TestCaseData> Cases() =>
        from type in (ScalarType[])[ScalarType.Float32, ScalarType.Float64]
        from kind in Enum.GetValues<OptimizerKind>()
        from decay in (double[])[0, 0.01]
        select new TestCaseData(new OptimizerSettings(kind, WeightDecay: decay, Momentum: kind == OptimizerKind.Sgd ? 0.9 : 0), type)
            .SetArgDisplayNames(kind.ToString(), type.ToString(), $"weight decay {decay}");

    [TestCaseSource(nameof(Cases))]
    public void A_step_is_that_of_the_library(OptimizerSettings settings, ScalarType type)
    {
        using DisposeScope scope = NewDisposeScope();
        using LayeredModel model = NewModel(), reference = NewModel();
        using FlatParameters flat = new(model, type, CPU, model.Description.ParameterCount);
        using FlatParameters expected = new(reference, type, CPU, model.Description.ParameterCount);
        Assert.That(flat.Count % Vector<float>.Count, Is.Not.Zero, "the elements behind the last whole vector are tested too");
        using optim.Optimizer optimizer = settings.Create(flat), library = settings.Create(expected);
        FlatUpdate update = new(optimizer, settings, flat);
        double tolerance = type == ScalarType.Float64 ? 1e-14 : 1e-6;
        for (int step = 0; step < 30; step++)
        {
            Tensor gradient = randn([flat.Count], dtype: type).mul(step % 3);
            flat.Gradient.copy_(gradient);
            expected.Gradient.copy_(gradient);
            update.Step();
            library.step();
        }

        Assert.That(Difference(flat.Values, expected.Values), Is.LessThan(tolerance));
        if (settings.Kind is OptimizerKind.Adam or OptimizerKind.AdamW)
        {
            Assert.That(OptimizerMemory.StepsOf(optimizer), Is.EqualTo(30));
        }

        foreach (((string name, Tensor tensor), (_, Tensor other)) in OptimizerMemory.TensorsOf(optimizer).Zip(OptimizerMemory.TensorsOf(library)))
        {
            Assert.That(Difference(tensor, other), Is.LessThan(tolerance), name);
        }
    }

    [TestCase(OptimizerKind.Adadelta)]
    [TestCase(OptimizerKind.Adam)]
    [TestCase(OptimizerKind.AdamW)]
    public void An_element_gets_the_same_bits_wherever_it_stands(OptimizerKind kind)
    {
        using DisposeScope scope = NewDisposeScope();
        using LayeredModel model = NewModel();
        using FlatParameters flat = new(model, ScalarType.Float32, CPU, model.Description.ParameterCount);
        var settings = new OptimizerSettings(kind, WeightDecay: 0.01);
        using optim.Optimizer optimizer = settings.Create(flat);
        FlatUpdate update = new(optimizer, settings, flat);
        using (no_grad())
        {
            flat.Values.fill_(0.3);
        }

        for (int step = 0; step < 10; step++)
        {
            flat.Gradient.fill_(0.7 / (step + 1));
            update.Step();
        }

        float[] values = flat.Values.data<float>().ToArray();
        Assert.That(values.Distinct().Count(), Is.EqualTo(1));
        Assert.That(values[0], Is.Not.EqualTo(0.3f));
    }

    [TestCase(7, float.NaN)]
    [TestCase(18, float.PositiveInfinity)]
    [TestCase(18, float.NegativeInfinity)]
    [TestCase(-1, 0f)]
    public void A_sum_says_whether_what_was_added_is_finite(int at, float value)
    {
        float[] sum = [.. Enumerable.Range(0, 19).Select(i => i * 0.5f)];
        float[] addend = [.. Enumerable.Range(0, 19).Select(i => float.MaxValue / (i + 2))];
        if (at >= 0)
        {
            addend[at] = value;
        }

        float[] expected = [.. sum.Zip(addend, (a, b) => a + b)];
        Assert.That(FusedOptimizers.Add<float>(sum, addend), Is.EqualTo(at < 0));
        Assert.That(sum, Is.EqualTo(expected));
    }

    private static double Difference(Tensor a, Tensor b) =>
        (a - b).detach().abs().max().to(ScalarType.Float64).item<double>() / b.detach().abs().max().to(ScalarType.Float64).item<double>();

    private static LayeredModel NewModel()
    {
        manual_seed(3);
        return new LayeredModel(
            ModelDescription.Parse("""{"name":"odd","input_shape":[5],"class_count":3,"layers":[{"type":"linear","name":"fc","in":5,"out":3}]}"""), cut: 1);
    }
}
