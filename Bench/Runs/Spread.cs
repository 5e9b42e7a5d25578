namespace TraversalLearning.Benchmarks.Runs;

/// <summary>What several rounds gave.</summary>
/// <param name="Median">The middle one; the mean of the middle two of an even number.</param>
/// <param name="Min">The smallest.</param>
/// <param name="Max">The largest.</param>
internal readonly record struct Spread(double Median, double Min, double Max)
{
    /// <summary>Of one value or more.</summary>
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        ArgumentOutOfRangeException.ThrowIfZero(sorted.Length);
        return new Spread((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[0], sorted[^1]);
    }

    /// <summary>
    /// Of the ratios of each round: what slows a machine down for a while slows both down, and a ratio of medians would mix rounds.
    /// </summary>
    public static Spread OfRatios(IReadOnlyList<double> values, IReadOnlyList<double> baselines) => Of(values.Zip(baselines, (v, b) => v / b));
}
