using System.Numerics;
using System.Runtime.InteropServices;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tensors;

namespace TraversalLearning.Models.Optimizers;

/// <summary>Sums flat gradients on the CPU, checking them for NaN and infinity in the same pass.</summary>
public static class FlatSum
{
    /// <summary>Adds a gradient to the sum.</summary>
    /// <param name="sum"><c>[n]</c>.</param>
    /// <param name="gradient"><c>[n]</c>, of the same type.</param>
    /// <returns>The index of the first non-finite element of the gradient; −1 if there is none.</returns>
    public static int Add(HostTensor sum, HostTensor gradient) => gradient.Type switch
    {
        ElementType.Float32 => Add<float>(sum, gradient),
        ElementType.Float64 => Add<double>(sum, gradient),
        var other => throw new ArgumentException($"no gradients of {other}", nameof(gradient)),
    };

    private static int Add<T>(HostTensor sum, HostTensor gradient)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        ReadOnlySpan<byte> addend = gradient.Memory.Span;
        return FusedOptimizers.Add(MemoryMarshal.Cast<byte, T>(sum.Memory.Span), MemoryMarshal.Cast<byte, T>(addend)) ? -1 : NonFinite.IndexOf(addend, gradient.Type);
    }
}
