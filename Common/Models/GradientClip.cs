using System.Numerics;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace TraversalLearning.Models;

/// <summary>
/// Clipping of ∇θ by its norm, as PyTorch's <c>clip_grad_norm_</c> does it (Pascanu, Mikolov and Bengio 2012): all of ∇θ is one vector, and where its
/// Euclidean length is more than a bound, it is multiplied by <c>bound / (length + 1e-6)</c>. So it is the pooled batch's gradient that is clipped,
/// of <c>θ_N</c> and <c>θ_O</c> together; clipping what each node sends would give another one.
/// </summary>
public static class GradientClip
{
    /// <summary>Keeps the quotient finite; PyTorch's.</summary>
    private const double Epsilon = 1e-6;

    /// <summary>Clips ∇θ in place.</summary>
    /// <param name="parameters">θ and the whole of ∇θ.</param>
    /// <param name="maxNorm">The bound, above 0.</param>
    /// <returns>The length before; not finite if an element is not, and then ∇θ is not either, as in PyTorch.</returns>
    public static double Apply(FlatParameters parameters, double maxNorm)
    {
        if (!parameters.OnHost)
        {
            return ApplyOnDevice(parameters.Gradient, maxNorm);
        }

        Span<byte> gradient = parameters.HostGradient.Memory.Span;
        return parameters.Gradient.dtype == ScalarType.Float64
            ? Apply(MemoryMarshal.Cast<byte, double>(gradient), OnePass.SquareSum(MemoryMarshal.Cast<byte, double>(gradient)), maxNorm)
            : Apply(MemoryMarshal.Cast<byte, float>(gradient), OnePass.SquareSum(MemoryMarshal.Cast<byte, float>(gradient)), maxNorm);
    }

    private static double Apply<T>(Span<T> gradient, double squareSum, double maxNorm)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double norm = Math.Sqrt(squareSum);
        if (Factor(norm, maxNorm) is var factor and not 1)
        {
            OnePass.Scale(gradient, factor);
        }

        return norm;
    }

    private static double ApplyOnDevice(Tensor gradient, double maxNorm)
    {
        using (NewDisposeScope())
        using (no_grad())
        {
            double norm = gradient.norm().ToDouble();
            gradient.mul_(Factor(norm, maxNorm));
            return norm;
        }
    }

    /// <summary>At most 1; NaN if the norm is.</summary>
    private static double Factor(double norm, double maxNorm) => Math.Min(1, maxNorm / (norm + Epsilon));
}
