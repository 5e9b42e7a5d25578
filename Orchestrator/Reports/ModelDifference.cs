using System.Runtime.InteropServices;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Models;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>The difference between the models of two runs.</summary>
internal static class ModelDifference
{
    /// <summary>
    /// The maximum, over all parameters and floating-point buffers, of the largest absolute difference divided by the
    /// largest absolute value.
    /// </summary>
    /// <param name="path">A model file.</param>
    /// <param name="reference">The model file to compare with.</param>
    /// <exception cref="UserErrorException">A file cannot be read, or the models differ in structure.</exception>
    public static double Of(string path, string reference) => ErrorTable.ReadingModel.Guard(
        () =>
        {
            using SafetensorsReader actual = SafetensorsReader.Open(path);
            using SafetensorsReader expected = SafetensorsReader.Open(reference);
            return expected.Tensors.Select(t => Relative(actual.Read(actual.Require(t.Name, t.Dtype, t.Shape)), expected.Read(t), t.Dtype)).DefaultIfEmpty(0).Max();
        },
        e => $"{e.Message}; delete that run's folder to do it again");

    private static double Relative(byte[] actual, byte[] expected, string dtype) => dtype switch
    {
        "F32" => Relative<float>(MemoryMarshal.Cast<byte, float>(actual), MemoryMarshal.Cast<byte, float>(expected)),
        "F64" => Relative<double>(MemoryMarshal.Cast<byte, double>(actual), MemoryMarshal.Cast<byte, double>(expected)),

        // Integer counters, such as those of batch norm.
        _ => 0,
    };

    private static double Relative<T>(ReadOnlySpan<T> actual, ReadOnlySpan<T> expected)
        where T : System.Numerics.INumber<T>
    {
        double difference = 0;
        double scale = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double value = double.CreateChecked(expected[i]);

            // Max propagates NaN.
            difference = Math.Max(difference, Math.Abs(double.CreateChecked(actual[i]) - value));
            scale = Math.Max(scale, Math.Abs(value));
        }

        double relative = difference == 0 ? 0 : difference / scale;
        return double.IsNaN(relative) ? double.PositiveInfinity : relative;
    }
}
