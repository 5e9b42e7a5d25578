namespace TraversalLearning.Charts;

/// <summary>An axis: which values it shows, where on the page they lie, and where it has marks.</summary>
/// <param name="Low">The smallest value, or its decimal logarithm.</param>
/// <param name="High">The largest; above <paramref name="Low"/>.</param>
/// <param name="IsLogarithmic">Whether both are logarithms.</param>
/// <param name="Start">Where the smallest lies, in pixels.</param>
/// <param name="End">Where the largest lies.</param>
internal sealed record Axis(double Low, double High, bool IsLogarithmic, double Start, double End)
{
    // Marks at 1, 2 and 5 of each power of ten where there are few of them.
    private const double FewDecades = 2.5;

    /// <summary>Round values, ascending.</summary>
    public IEnumerable<double> Ticks => IsLogarithmic ? Powers() : Multiples();

    /// <summary>An axis over values, with some room where it is not logarithmic.</summary>
    /// <param name="values">Finite, and above 0 for a logarithmic axis; of none, the axis goes from 0 to 1.</param>
    /// <param name="isLogarithmic">Whether a power of ten is always as long.</param>
    /// <param name="start">Where the smallest lies, in pixels.</param>
    /// <param name="end">Where the largest lies.</param>
    public static Axis Over(IEnumerable<double> values, bool isLogarithmic, double start, double end)
    {
        double[] all = [.. isLogarithmic ? values.Select(Math.Log10) : values];
        (double low, double high) = all.Length == 0 ? (0.0, 1.0) : (all.Min(), all.Max());
        if (high - low < 1e-12 * Math.Max(1, Math.Abs(high)))
        {
            (low, high) = (low - 0.5, high + 0.5);
        }

        double room = isLogarithmic ? 0.02 * (high - low) : 0.04 * (high - low);
        return new Axis(low - room, high + room, isLogarithmic, start, end);
    }

    /// <summary>Where a value lies, in pixels.</summary>
    public double At(double value) => Start + (((IsLogarithmic ? Math.Log10(value) : value) - Low) / (High - Low) * (End - Start));

    private IEnumerable<double> Multiples()
    {
        double step = BarChart.Step(High - Low);
        for (double i = Math.Ceiling(Low / step); i * step <= High; i++)
        {
            yield return i * step;
        }
    }

    private IEnumerable<double> Powers()
    {
        double[] within = High - Low <= FewDecades ? [1, 2, 5] : [1];
        for (double power = Math.Floor(Low); power <= High; power++)
        {
            foreach (double value in within.Select(w => w * Math.Pow(10, power)).Where(v => Math.Log10(v) >= Low && Math.Log10(v) <= High))
            {
                yield return value;
            }
        }
    }
}
