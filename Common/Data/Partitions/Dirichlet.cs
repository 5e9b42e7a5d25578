namespace TraversalLearning.Data.Partitions;

/// <summary>Samples a symmetric Dirichlet distribution; a generator gives the same values on every machine (<see cref="PortableMath"/>).</summary>
internal static class Dirichlet
{
    /// <summary>Shares that sum to 1; the smaller <paramref name="alpha"/>, the more unequal.</summary>
    /// <remarks>Gamma variates divided by their sum, computed by their logarithms, since for a small alpha all of them may underflow.</remarks>
    public static double[] Sample(SeededRandom random, double alpha, int count)
    {
        double[] shares = new double[count];
        double largest = double.NegativeInfinity;
        for (int i = 0; i < count; i++)
        {
            shares[i] = LogOfGamma(random, alpha);
            largest = Math.Max(largest, shares[i]);
        }

        double total = 0;
        for (int i = 0; i < count; i++)
        {
            shares[i] = PortableMath.Exp(shares[i] - largest);
            total += shares[i];
        }

        for (int i = 0; i < count; i++)
        {
            shares[i] /= total;
        }

        return shares;
    }

    /// <summary>
    /// Logarithm of a gamma variate with this shape and scale 1 (Marsaglia and Tsang 2000; for shapes below 1, that of shape + 1 times
    /// u^(1/shape)).
    /// </summary>
    private static double LogOfGamma(SeededRandom random, double shape)
    {
        double boosted = shape < 1 ? shape + 1 : shape;
        double d = boosted - (1.0 / 3);
        double c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            double x = Normal(random);
            double root = 1 + (c * x);
            if (root <= 0)
            {
                continue;
            }

            double logOfCube = 3 * PortableMath.Log(root);
            if (PortableMath.Log(random.NextDouble()) < (x * x / 2) + d - (d * root * root * root) + (d * logOfCube))
            {
                double log = PortableMath.Log(d) + logOfCube;
                return shape < 1 ? log + (PortableMath.Log(random.NextDouble()) / shape) : log;
            }
        }
    }

    /// <summary>
    /// A standard normal variate (Marsaglia's polar method; the pair's second value is discarded). Never 0: u and v are odd
    /// multiples of 2⁻⁵².
    /// </summary>
    private static double Normal(SeededRandom random)
    {
        while (true)
        {
            double u = (2 * random.NextDouble()) - 1;
            double v = (2 * random.NextDouble()) - 1;
            double s = (u * u) + (v * v);
            if (s < 1)
            {
                return u * Math.Sqrt(-2 * PortableMath.Log(s) / s);
            }
        }
    }
}
