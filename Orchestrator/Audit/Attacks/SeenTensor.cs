using System.Runtime.InteropServices;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>A tensor of a frame, decoded.</summary>
/// <param name="Name">Its role, one of <see cref="TensorNames"/>.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Dimensions, outermost first.</param>
/// <param name="Bytes">The elements, little-endian, row-major.</param>
internal sealed record SeenTensor(string Name, ElementType Type, long[] Shape, byte[] Bytes)
{
    /// <summary>A copy in float64, in the current dispose scope.</summary>
    public Tensor ToTensor()
    {
        Tensor stored = empty(Shape, dtype: Type.ToScalarType());
        Bytes.CopyTo(stored.bytes);
        return stored.to(ScalarType.Float64);
    }

    /// <summary>The elements as numbers.</summary>
    public double[] ToDoubles() => Type switch
    {
        ElementType.Float64 => MemoryMarshal.Cast<byte, double>(Bytes).ToArray(),
        ElementType.Float32 => Array.ConvertAll(MemoryMarshal.Cast<byte, float>(Bytes).ToArray(), v => (double)v),
        _ => throw new InvalidOperationException($"'{Name}' has elements of {Type}"),
    };

    /// <summary>The elements of an <see cref="ElementType.Int32"/> tensor.</summary>
    public int[] ToInts() => MemoryMarshal.Cast<byte, int>(Bytes).ToArray();
}
