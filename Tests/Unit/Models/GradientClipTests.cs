using System.Text.Json;
using TraversalLearning.Models;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Unit.Models;

internal sealed class GradientClipTests
{
    private static IEnumerable<TestCaseData> Cases() => Golden.Json("training.json").GetProperty("clips").EnumerateArray()
        .Select(c => new TestCaseData(c).SetArgDisplayNames(c.GetProperty("name").GetString()!));

    [TestCaseSource(nameof(Cases))]
    public void Gradients_are_clipped_as_PyTorch_clips_them(JsonElement golden)
    {
        bool isDouble = golden.GetProperty("dtype").GetString() == "float64";
        double tolerance = isDouble ? 1e-14 : 1e-6;
        double[] before = Numbers(golden, "before");
        using FlatParameters parameters = NewParameters(before, isDouble ? ScalarType.Float64 : ScalarType.Float32);
        double norm = golden.GetProperty("norm").GetDouble();
        double maxNorm = golden.GetProperty("max_norm").GetDouble();
        Assert.That(GradientClip.Apply(parameters, maxNorm), Is.EqualTo(norm).Within(tolerance * norm));
        double[] after = Values(parameters);
        Assert.That(after, Is.EqualTo(Numbers(golden, "after")).Within(tolerance));
        if (norm < maxNorm)
        {
            Assert.That(after, Is.EqualTo(before), "nothing to clip");
        }
    }

    [TestCase(double.NaN)]
    [TestCase(double.PositiveInfinity)]
    public void What_is_not_finite_stays_so(double value)
    {
        using FlatParameters parameters = NewParameters([.. Enumerable.Repeat(1.0, 47), value], ScalarType.Float32);
        Assert.That(double.IsFinite(GradientClip.Apply(parameters, 1)), Is.False);
        Assert.That(Values(parameters)[^1], Is.NaN);
    }

    [Test]
    public void Squares_are_summed_up_in_full_whatever_their_number([Range(0, 19)] int count)
    {
        float[] values = [.. Enumerable.Range(1, count).Select(i => i * 0.5f)];
        Assert.That(OnePass.SquareSum(values), Is.EqualTo(values.Sum(v => (double)v * v)));
        Assert.That(OnePass.SquareSum(Array.ConvertAll(values, v => (double)v)), Is.EqualTo(values.Sum(v => (double)v * v)));
    }

    [Test]
    public void Squares_beyond_float32_are_no_overflow() =>
        Assert.That(OnePass.SquareSum((float[])[1e30f, 1e30f]), Is.EqualTo(2 * (double)1e30f * 1e30f).Within(1e-15).Percent);

    private static double[] Numbers(JsonElement golden, string name) => [.. golden.GetProperty(name).EnumerateArray().Select(n => n.GetDouble())];

    private static double[] Values(FlatParameters parameters)
    {
        using Tensor gradient = parameters.Gradient.to(ScalarType.Float64);
        return gradient.data<double>().ToArray();
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
