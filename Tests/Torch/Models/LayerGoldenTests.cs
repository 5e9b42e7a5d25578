using System.Text.Json;
using TorchSharp;
using TraversalLearning.Models.Layers;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Models;

/// <summary>Every kind of layer against PyTorch, in float64: from the seed to the parameters after a step, through the flat θ.</summary>
public sealed class LayerGoldenTests
{
    private static IEnumerable<TestCaseData> Layers() => TorchGolden.Cases("layers", c => c.GetProperty("name").GetString()!);

    [TestCaseSource(nameof(Layers))]
    public void A_layer_starts_computes_and_learns_as_PyTorchs_does(JsonElement golden)
    {
        using DisposeScope scope = NewDisposeScope();
        ModelDescription description = ModelDescription.Parse(golden.GetProperty("model").GetRawText());
        bool tokens = description.Layers[0] is EmbeddingLayer;
        using var step = new GoldenStep(description, golden);
        step.AssertMatches(golden.GetProperty("x").ReadTensor(tokens ? int64 : float64), Compare, startsAlike: tokens ? GoldenStep.NormalTolerance : 0);
    }

    [Test]
    public void Every_kind_of_layer_stands_in_the_file()
    {
        string[] kinds = [.. typeof(LayerDescription).GetCustomAttributes(false)
            .OfType<System.Text.Json.Serialization.JsonDerivedTypeAttribute>().Select(a => (string)a.TypeDiscriminator!)];
        string text = TorchGolden.Load("layers").GetRawText();
        string[] elsewhere = ["conv2d", "max_pool2d"];
        Assert.That(kinds.Where(k => !text.Contains($"\"type\": \"{k}\"", StringComparison.Ordinal)).Except(elsewhere, StringComparer.Ordinal), Is.Empty);
    }

    private static void Compare(IReadOnlyList<(string Name, Tensor Tensor)> actual, JsonElement expected, double tolerance)
    {
        Assert.That(actual.Select(a => a.Name), Is.EqualTo(expected.EnumerateObject().Select(p => p.Name)));
        foreach ((string name, Tensor tensor) in actual)
        {
            TorchGolden.AssertMatches(tensor, expected.GetProperty(name), tolerance, name);
        }
    }
}
