using System.Numerics;
using System.Runtime.InteropServices;

namespace TraversalLearning.Models.Optimizers;

/// <summary>
/// Elementwise optimizers that read and write each element of a flat vector once, instead of once per tensor operation. Rounded
/// after each operation, in PyTorch's order, so that the result does not depend on the machine's vector width.
/// </summary>
internal static class FusedOptimizers
{
    /// <summary>Adadelta (Zeiler 2012) as <c>torch.optim.Adadelta</c> computes it.</summary>
    public static void Adadelta<T>(
        Span<T> values, ReadOnlySpan<T> gradient, Span<T> squareAvg, Span<T> accDelta, double lr, double rho, double eps, double weightDecay)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T minusLr = T.CreateTruncating(-lr), keep = T.CreateTruncating(rho), take = T.CreateTruncating(1 - rho);
        T epsilon = T.CreateTruncating(eps), decay = T.CreateTruncating(weightDecay);
        Span<Vector<T>> v = Vectors(values), sq = Vectors(squareAvg), acc = Vectors(accDelta);
        ReadOnlySpan<Vector<T>> gr = Vectors(gradient);
        var epsilons = new Vector<T>(epsilon);
        for (int i = 0; i < v.Length; i++)
        {
            Vector<T> g = weightDecay == 0 ? gr[i] : gr[i] + (v[i] * decay);
            Vector<T> s = (sq[i] * keep) + (g * g * take);
            Vector<T> delta = Vector.SquareRoot(acc[i] + epsilons) / Vector.SquareRoot(s + epsilons) * g;
            sq[i] = s;
            v[i] += delta * minusLr;
            acc[i] = (acc[i] * keep) + (delta * delta * take);
        }

        for (int i = v.Length * Vector<T>.Count; i < values.Length; i++)
        {
            T g = weightDecay == 0 ? gradient[i] : gradient[i] + (values[i] * decay);
            T s = (squareAvg[i] * keep) + (g * g * take);
            T delta = T.Sqrt(accDelta[i] + epsilon) / T.Sqrt(s + epsilon) * g;
            squareAvg[i] = s;
            values[i] += delta * minusLr;
            accDelta[i] = (accDelta[i] * keep) + (delta * delta * take);
        }
    }

    /// <summary>Adam (Kingma and Ba 2014) as <c>torch.optim.Adam</c> computes it; with <paramref name="shrink"/> not 1, AdamW.</summary>
    /// <param name="values">θ.</param>
    /// <param name="gradient">∇θ.</param>
    /// <param name="expAvg">First moment.</param>
    /// <param name="expAvgSq">Second moment.</param>
    /// <param name="options">Coefficients of this step.</param>
    /// <param name="shrink">AdamW's weight decay: the factor applied to θ first.</param>
    public static void Adam<T>(
        Span<T> values, ReadOnlySpan<T> gradient, Span<T> expAvg, Span<T> expAvgSq, AdamCoefficients options, double shrink)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T keep1 = T.CreateTruncating(options.Beta1), take1 = T.CreateTruncating(1 - options.Beta1);
        T keep2 = T.CreateTruncating(options.Beta2), take2 = T.CreateTruncating(1 - options.Beta2);
        T epsilon = T.CreateTruncating(options.Epsilon), decay = T.CreateTruncating(options.WeightDecay), factor = T.CreateTruncating(shrink);
        T root = T.CreateTruncating(options.SecondCorrectionRoot), step = T.CreateTruncating(-options.StepSize);
        Span<Vector<T>> v = Vectors(values), m1 = Vectors(expAvg), m2 = Vectors(expAvgSq);
        ReadOnlySpan<Vector<T>> gr = Vectors(gradient);
        Vector<T> epsilons = new(epsilon), roots = new(root);
        for (int i = 0; i < v.Length; i++)
        {
            Vector<T> value = v[i] * factor;
            Vector<T> g = options.WeightDecay == 0 ? gr[i] : gr[i] + (value * decay);
            Vector<T> first = (m1[i] * keep1) + (g * take1);
            Vector<T> second = (m2[i] * keep2) + (g * g * take2);
            m1[i] = first;
            m2[i] = second;
            v[i] = value + (first * step / ((Vector.SquareRoot(second) / roots) + epsilons));
        }

        for (int i = v.Length * Vector<T>.Count; i < values.Length; i++)
        {
            T value = values[i] * factor;
            T g = options.WeightDecay == 0 ? gradient[i] : gradient[i] + (value * decay);
            T first = (expAvg[i] * keep1) + (g * take1);
            T second = (expAvgSq[i] * keep2) + (g * g * take2);
            expAvg[i] = first;
            expAvgSq[i] = second;
            values[i] = value + (first * step / ((T.Sqrt(second) / root) + epsilon));
        }
    }

    /// <summary>Adds <paramref name="addend"/> to <paramref name="sum"/>, element by element.</summary>
    /// <returns>Whether every element of <paramref name="addend"/> is finite.</returns>
    public static bool Add<T>(Span<T> sum, ReadOnlySpan<T> addend)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Span<Vector<T>> s = Vectors(sum);
        ReadOnlySpan<Vector<T>> a = Vectors(addend);
        // x − x is 0 for a finite x and NaN for any other, and NaN survives every later sum.
        Vector<T> residue = Vector<T>.Zero;
        for (int i = 0; i < s.Length; i++)
        {
            residue += a[i] - a[i];
            s[i] += a[i];
        }

        T rest = Vector.Sum(residue);
        for (int i = s.Length * Vector<T>.Count; i < sum.Length; i++)
        {
            rest += addend[i] - addend[i];
            sum[i] += addend[i];
        }

        return T.IsFinite(rest);
    }

    private static Span<Vector<T>> Vectors<T>(Span<T> span)
        where T : unmanaged => MemoryMarshal.Cast<T, Vector<T>>(span);

    private static ReadOnlySpan<Vector<T>> Vectors<T>(ReadOnlySpan<T> span)
        where T : unmanaged => MemoryMarshal.Cast<T, Vector<T>>(span);
}

/// <summary>Coefficients of one Adam step.</summary>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Epsilon">Added to the denominator.</param>
/// <param name="WeightDecay">Added to the gradient.</param>
/// <param name="StepSize">lr over the first moment's bias correction.</param>
/// <param name="SecondCorrectionRoot">Square root of the second moment's bias correction.</param>
internal readonly record struct AdamCoefficients(
    double Beta1, double Beta2, double Epsilon, double WeightDecay, double StepSize, double SecondCorrectionRoot);
