using System.Runtime.InteropServices;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Reports;

public sealed class ModelDifferenceTests
{
    [Test]
    public void It_is_the_largest_difference_over_the_largest_value_of_the_tensor_that_it_is_largest_in()
    {
        using var folder = new TempFolder();
        string reference = Write(folder, "a", [1, -4], [100, 200]);
        Assert.That(ModelDifference.Of(reference, reference), Is.Zero);
        Assert.That(ModelDifference.Of(Write(folder, "b", [1.5f, -4], [110, 200]), reference), Is.EqualTo(0.125).Within(1e-9));
        Assert.That(ModelDifference.Of(Write(folder, "c", [1, -4], [100, 150]), reference), Is.EqualTo(0.25).Within(1e-9));
        Assert.That(ModelDifference.Of(Write(folder, "d", [float.NaN, -4], [100, 200]), reference), Is.EqualTo(double.PositiveInfinity));
    }

    [Test]
    public void Another_model_is_refused()
    {
        using var folder = new TempFolder();
        Assert.That(
            () => ModelDifference.Of(Write(folder, "a", [1, 2, 3], [1]), Write(folder, "b", [1, 2], [1])),
            Throws.InstanceOf<UserErrorException>().With.Message.Contains("weight"));
    }

    private static string Write(TempFolder folder, string name, float[] weight, double[] bias)
    {
        string path = folder[name];
        SafetensorsWriter.Write(
            path,
            [
                new SafetensorsTensor("weight", "F32", [weight.Length], MemoryMarshal.AsBytes<float>(weight).ToArray()),
                new SafetensorsTensor("bias", "F64", [bias.Length], MemoryMarshal.AsBytes<double>(bias).ToArray()),
            ]);
        return path;
    }
}
