using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>Linear equations, solved by singular values.</summary>
internal static class LinearSystem
{
    // Below this share of the largest singular value an equation has nothing but rounding.
    private const double Cutoff = 1e-12;

    /// <summary>The least-squares solution of smallest norm of <c>A x = b</c>, in float64.</summary>
    /// <param name="a"><c>[equations, unknowns]</c>.</param>
    /// <param name="b"><c>[equations, k]</c>.</param>
    /// <returns><c>[unknowns, k]</c>.</returns>
    public static Tensor Solve(Tensor a, Tensor b)
    {
        (Tensor u, Tensor s, Tensor vh) = linalg.svd(a, fullMatrices: false);
        Tensor inverse = where(s.gt(s.max().mul(Cutoff)), s.reciprocal(), zeros_like(s));
        return vh.t().mm(inverse.unsqueeze(1).mul(u.t().mm(b)));
    }

    /// <summary>The rows of a matrix.</summary>
    public static double[][] Rows(Tensor matrix)
    {
        double[] all = matrix.contiguous().data<double>().ToArray();
        int width = (int)matrix.shape[1];
        return [.. Enumerable.Range(0, (int)matrix.shape[0]).Select(i => all[(i * width)..((i + 1) * width)])];
    }
}
