using System.Text.Json;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Models;

internal sealed class GradientClipTests
{
    private static IEnumerable<TestCaseData> Cases() => Golden.Json("training.json").GetProperty("clips").EnumerateArray()
        .Select(c => new TestCaseData(c).SetArgDisplayNames(c.GetProperty("name").GetString()!));

    [TestCaseSource(nameof(Cases))]
    public void Gradients_are_clipped_as_PyTorch_clips_them(JsonElement golden)
    {
        bool isDouble = golden.GetProperty("dtype").GetString() == "float64";
        double[] before = Numbers(golden, "before");
        double maxNorm = golden.GetProperty("max_norm").GetDouble();
        double[] after = Clip(before, maxNorm, isDouble ? ScalarType.Float64 : ScalarType.Float32);
        Assert.That(after, Is.EqualTo(Numbers(golden, "after")).Within(isDouble ? 1e-14 : 1e-6));
        if (golden.GetProperty("norm").GetDouble() < maxNorm)
        {
            Assert.That(after, Is.EqualTo(before), "nothing to clip");
        }
    }

    [TestCase(double.NaN)]
    [TestCase(double.PositiveInfinity)]
    public void What_is_not_finite_stays_so(double value) =>
        Assert.That(Clip([.. Enumerable.Repeat(1.0, 47), value], 1, ScalarType.Float32)[^1], Is.NaN);

    private static double[] Numbers(JsonElement golden, string name) => [.. golden.GetProperty(name).EnumerateArray().Select(n => n.GetDouble())];

    /// <summary>What a step that clips leaves of a gradient.</summary>
    private static double[] Clip(double[] gradient, double maxNorm, ScalarType type)
    {
        using FlatParameters parameters = NewParameters(gradient, type);
        var settings = new OptimizerSettings(OptimizerKind.Sgd, ClipGradNorm: maxNorm);
        using optim.Optimizer optimizer = settings.Create(parameters);
        new FlatUpdate(optimizer, settings, parameters).Step();
        using Tensor after = parameters.Gradient.to(ScalarType.Float64);
        return after.data<double>().ToArray();
    }

    /// <summary>48 parameters with this gradient.</summary>
    private static FlatParameters NewParameters(double[] gradient, ScalarType type)
    {
        using var model = new LayeredModel(
            ModelDescription.Parse("""{"name":"odd","input_shape":[15],"class_count":3,"layers":[{"type":"linear","name":"fc","in":15,"out":3}]}"""), cut: 1);
        var parameters = new FlatParameters(model, type, CPU, model.Description.ParameterCount);
        using Tensor values = tensor(gradient);
        parameters.Gradient.copy_(values);
        return parameters;
    }
}
