using System.Runtime.CompilerServices;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Models;

/// <summary>Reads what Tests/Golden/make_torch_golden.py wrote.</summary>
internal static class TorchGolden
{
    public static JsonElement Load(string name)
    {
        string path = Path.Combine(TestContext.CurrentContext.TestDirectory, "Golden", $"torch_{name}.json");
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.Clone();
    }

    /// <summary>The named cases of a file, for <c>TestCaseSource</c>.</summary>
    public static IEnumerable<TestCaseData> Cases(string file, Func<JsonElement, string> name)
    {
        foreach (JsonElement item in Load(file).GetProperty("cases").EnumerateArray())
            yield return new TestCaseData(item).SetArgDisplayNames(name(item));
    }

    public static Tensor ReadTensor(this JsonElement numbers, ScalarType? dtype = null)
    {
        double[] values = numbers.GetProperty("values").EnumerateArray().Select(v => v.GetDouble()).ToArray();
        long[] shape = numbers.GetProperty("shape").EnumerateArray().Select(v => v.GetInt64()).ToArray();
        return torch.tensor(values, shape, dtype ?? float32);
    }

    /// <summary>Largest absolute difference over largest absolute value at most <paramref name="tolerance"/>; 0 means bitwise.</summary>
    public static void AssertMatches(Tensor actual, JsonElement expected, double tolerance, [CallerArgumentExpression(nameof(actual))] string what = "")
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor wanted = expected.ReadTensor(actual.dtype);
        Assert.That(actual.shape, Is.EqualTo(wanted.shape), what);
        if (tolerance == 0)
        {
            Assert.That(actual.detach().contiguous().bytes.SequenceEqual(wanted.bytes), Is.True, $"{what} is not bitwise PyTorch's");
            return;
        }

        double difference = (actual.detach() - wanted).abs().max().ToDouble() / Math.Max(wanted.abs().max().ToDouble(), 1e-30);
        Assert.That(difference, Is.LessThanOrEqualTo(tolerance), what);
    }
}
