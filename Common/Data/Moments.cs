namespace TraversalLearning.Data;

/// <summary>
/// What there is to know of numbers to standardise them: how many, their mean, and the sum of the squares of their differences from it. Sums of squares
/// themselves would cancel where the mean is large beside the deviation (Chan, Golub, LeVeque 1983); and so would the differences of two nodes' means,
/// if these were rounded. So the mean has a second part.
/// </summary>
/// <param name="Count">How many.</param>
/// <param name="Mean">Their mean, rounded; 0 if there are none.</param>
/// <param name="Rest">What was rounded away.</param>
/// <param name="M2">Σ (x − mean)².</param>
public sealed record Moments(long Count, double Mean, double Rest, double M2)
{
    // A column of one value has differences by rounding alone, which must not be blown up to a deviation of 1.
    private const double Rounding = 1e-14;

    /// <summary>Of no numbers.</summary>
    public static Moments None { get; } = new(0, 0, 0, 0);

    /// <summary>Whether they can be computed with; false where numbers were so large that their squares are not finite.</summary>
    public bool IsFinite => double.IsFinite(Mean) && double.IsFinite(Rest) && double.IsFinite(M2);

    /// <summary>The deviation of the population, as of <c>sklearn.preprocessing.StandardScaler</c>; 1 if all numbers are the same, or there are none.</summary>
    public double Deviation => Count > 0 && Math.Sqrt(M2 / Count) is var deviation && deviation > Rounding * Math.Abs(Mean) ? deviation : 1;

    /// <summary>Of a column of rows, row-major; NaN is passed over. Two passes, the second of which corrects the mean of the first.</summary>
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

    /// <summary>Of these numbers and others together.</summary>
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

    /// <summary>Of a mean that is the sum of two numbers: what its rounding takes away is known exactly (Knuth's TwoSum).</summary>
    private static Moments Of(long count, double a, double b, double m2)
    {
        double mean = a + b;
        double ofB = mean - a;
        return new Moments(count, mean, a - (mean - ofB) + (b - ofB), m2);
    }
}
