using System.Text.Json;
using TorchSharp;
using TraversalLearning.Models.Layers;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Models;

/// <summary>The presets against the networks that they are to be, written down in PyTorch: two samples, one step, in float64.</summary>
public sealed class PresetGoldenTests
{
    private static IEnumerable<TestCaseData> Presets() => TorchGolden.Cases("presets", c => c.GetProperty("name").GetString()!);

    [TestCaseSource(nameof(Presets))]
    public void A_preset_is_its_PyTorch_original(JsonElement golden)
    {
        using DisposeScope scope = NewDisposeScope();
        ModelDescription description = ModelPresets.Create(golden.GetProperty("name").GetString()!);
        using var step = new GoldenStep(description, golden);
        step.AssertMatches(Inputs(description), Compare, startsAlike: step.Tolerated);
    }

    [Test]
    public void Every_preset_stands_in_the_file() => Assert.That(
        TorchGolden.Load("presets").GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("name").GetString()!.Split(':')[0]),
        Is.EqualTo(ModelPresets.Names.Select(n => n.Split(':', '[')[0])));

    /// <summary>The file's inputs: they go through 0 to 999 without a generator.</summary>
    private static Tensor Inputs(ModelDescription description)
    {
        long count = 2 * description.InputShape.Aggregate(1L, (a, b) => a * b);
        long[] spread = [.. Enumerable.Range(0, (int)count).Select(i => i * 7919L % 1000)];
        Tensor numbers = tensor(spread, [2, .. description.InputShape]);
        return description.Vocabulary is null ? numbers.to(float64).div(1000).sub(0.5) : numbers;
    }

    /// <summary>Sums over each tensor, of the elements and of their absolute values.</summary>
    private static void Compare(IReadOnlyList<(string Name, Tensor Tensor)> actual, JsonElement expected, double tolerance)
    {
        Assert.That(actual.Select(a => a.Name), Is.EqualTo(expected.EnumerateObject().Select(p => p.Name)));
        foreach ((string name, Tensor tensor) in actual)
        {
            JsonElement wanted = expected.GetProperty(name);
            double size = wanted.GetProperty("abs_sum").GetDouble();
            Tensor numbers = tensor.to(float64);
            Assert.That(tensor.shape, Is.EqualTo(wanted.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64())), name);
            Assert.That(numbers.abs().sum().ToDouble(), Is.EqualTo(size).Within(size * tolerance), name);
            Assert.That(numbers.sum().ToDouble(), Is.EqualTo(wanted.GetProperty("sum").GetDouble()).Within(size * tolerance), name);
        }
    }
}
