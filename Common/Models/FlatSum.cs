using System.Numerics;
using System.Runtime.InteropServices;
using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Models;

/// <summary>Sums of flat gradients on the CPU, looked over for NaN and infinity while they pass.</summary>
public static class FlatSum
{
    /// <summary>Adds one gradient to the sum, or begins the sum with it.</summary>
    /// <param name="sum"><c>[n]</c>, contiguous, on the CPU.</param>
    /// <param name="gradient"><c>[n]</c>, of the same type.</param>
    /// <param name="first">Whether the sum is to be this gradient alone.</param>
    /// <returns>The first element of the gradient that is not finite; −1 if there is none.</returns>
    public static int Add(Tensor sum, HostTensor gradient, bool first) => gradient.Type switch
    {
        ElementType.Float32 => Add<float>(sum, gradient, first),
        ElementType.Float64 => Add<double>(sum, gradient, first),
        var other => throw new ArgumentException($"no gradients of {other}", nameof(gradient)),
    };

    private static int Add<T>(Tensor sum, HostTensor gradient, bool first)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<byte> target = sum.bytes;
        ReadOnlySpan<byte> addend = gradient.Memory.Span;
        if (first)
        {
            addend.CopyTo(target);
        }
        else if (OnePass.Add(MemoryMarshal.Cast<byte, T>(target), MemoryMarshal.Cast<byte, T>(addend)))
        {
            return -1;
        }

        return NonFinite.IndexOf(addend, gradient.Type);
    }
}
