using System.Runtime.InteropServices;
using TraversalLearning.Files;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>How far the models of two runs lie apart.</summary>
internal static class ModelDifference
{
    /// <summary>The largest, over all parameters and buffers of numbers, of the largest absolute difference over the largest absolute value.</summary>
    /// <param name="path">A model's file.</param>
    /// <param name="reference">The file of the model that it is held against.</param>
    /// <exception cref="UserErrorException">One cannot be read, or they are of different models.</exception>
    public static double Of(string path, string reference)
    {
        try
        {
            using SafetensorsReader actual = SafetensorsReader.Open(path);
            using SafetensorsReader expected = SafetensorsReader.Open(reference);
            return expected.Tensors.Select(t => Relative(actual.Read(actual.Require(t.Name, t.Dtype, t.Shape)), expected.Read(t), t.Dtype)).DefaultIfEmpty(0).Max();
        }
        catch (SafetensorsException e)
        {
            throw new UserErrorException(ExitCode.Data, $"{e.Message}; delete that run's folder to do it again", e);
        }
    }

    private static double Relative(byte[] actual, byte[] expected, string dtype) => dtype switch
    {
        "F32" => Relative<float>(MemoryMarshal.Cast<byte, float>(actual), MemoryMarshal.Cast<byte, float>(expected)),
        "F64" => Relative<double>(MemoryMarshal.Cast<byte, double>(actual), MemoryMarshal.Cast<byte, double>(expected)),

        // Counters, such as those of batch-norm.
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

            // A NaN anywhere is kept by Max.
            difference = Math.Max(difference, Math.Abs(double.CreateChecked(actual[i]) - value));
            scale = Math.Max(scale, Math.Abs(value));
        }

        double relative = difference == 0 ? 0 : difference / scale;
        return double.IsNaN(relative) ? double.PositiveInfinity : relative;
    }
}
