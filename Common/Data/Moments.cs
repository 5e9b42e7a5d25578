namespace TraversalLearning.Data;

/// <summary>
/// The statistics that standardise numbers: count, mean, and sum of squared differences from the mean. Plain sums of squares
/// would cancel if the mean is large relative to the deviation (Chan, Golub, LeVeque 1983), and so would the difference of two
/// nodes' means if these were rounded; therefore the mean has a second part.
/// </summary>
/// <param name="Count">Number of values.</param>
/// <param name="Mean">The mean, rounded; 0 if there are no values.</param>
/// <param name="Rest">The rounding error of the mean.</param>
/// <param name="M2">Σ (x − mean)².</param>
public sealed record Moments(long Count, double Mean, double Rest, double M2)
{
    // In a constant column the differences are rounding errors, which must not be scaled up to a deviation of 1.
    private const double Rounding = 1e-14;

    /// <summary>The moments of no values.</summary>
    public static Moments None { get; } = new(0, 0, 0, 0);

    /// <summary>Whether all parts are finite; false if the squares overflow.</summary>
    public bool IsFinite => double.IsFinite(Mean) && double.IsFinite(Rest) && double.IsFinite(M2);

    /// <summary>Population standard deviation, as in <c>sklearn.preprocessing.StandardScaler</c>; 1 if all values are equal or there are none.</summary>
    public double Deviation => Count > 0 && Math.Sqrt(M2 / Count) is var deviation && deviation > Rounding * Math.Abs(Mean) ? deviation : 1;

    /// <summary>The moments of a column of row-major rows, ignoring NaN. Two passes: the second corrects the first's mean.</summary>
    public static Moments Of(ReadOnlySpan<double> rows, int column, int columns)
    {
        long count = 0;
        double sum = 0;
        for (int i = column; i < rows.Length; i += columns)
        {
            if (!double.IsNaN(rows[i]))
            {
                sum += rows[i];
                count++;
            }
        }

        if (count == 0)
        {
            return None;
        }

        double mean = sum / count;
        double rest = 0;
        double squares = 0;
        for (int i = column; i < rows.Length; i += columns)
        {
            if (!double.IsNaN(rows[i]))
            {
                double difference = rows[i] - mean;
                rest += difference;
                squares += difference * difference;
            }
        }

        return Of(count, mean, rest / count, Math.Max(squares - (rest * rest / count), 0));
    }

    /// <summary>The moments of both sets of values together.</summary>
    public Moments Merge(Moments other)
    {
        if (Count == 0 || other.Count == 0)
        {
            return Count == 0 ? other : this;
        }

        long count = Count + other.Count;
        double difference = other.Mean - Mean + (other.Rest - Rest);
        double share = (double)other.Count / count;
        return Of(count, Mean, Rest + (difference * share), M2 + other.M2 + (difference * difference * Count * share));
    }

    /// <summary>The moments for a mean given as a sum of two numbers, whose rounding error is computed exactly (Knuth's TwoSum).</summary>
    private static Moments Of(long count, double a, double b, double m2)
    {
        double mean = a + b;
        double ofB = mean - a;
        return new Moments(count, mean, a - (mean - ofB) + (b - ofB), m2);
    }
}
