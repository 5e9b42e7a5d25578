using System.Globalization;
using System.Text.Json.Serialization;

namespace TraversalLearning.Orchestration.Reports.Results;

/// <summary>What repetitions of a run gave.</summary>
/// <param name="Count">How many: at least one.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Deviation">Their sample standard deviation, over n − 1; <see langword="null"/> of one alone.</param>
internal readonly record struct Statistic([property: JsonIgnore] int Count, double Mean, [property: JsonPropertyName("sd")] double? Deviation)
{
    /// <summary>The same, of counts: these are mostly the same in all repetitions, and then there is nothing to say of their deviation.</summary>
    [JsonIgnore]
    public Statistic Whole => Deviation == 0 ? this with { Deviation = null } : this;

    /// <summary>Of values; <see langword="null"/> if there are none.</summary>
    public static Statistic? Of(IEnumerable<double> values)
    {
        double[] all = [.. values];
        if (all.Length == 0)
        {
            return null;
        }

        double mean = all.Sum() / all.Length;
        double? deviation = all.Length > 1 ? Math.Sqrt(all.Sum(v => (v - mean) * (v - mean)) / (all.Length - 1)) : null;
        return new Statistic(all.Length, mean, deviation);
    }

    /// <summary><c>0.8684 ± 0.0012</c>; without the second number where there is none.</summary>
    /// <param name="format">Of both numbers.</param>
    public string Text(string format) =>
        Mean.ToString(format, CultureInfo.InvariantCulture)
        + (Deviation is { } deviation ? $" ± {deviation.ToString(format.TrimStart('+'), CultureInfo.InvariantCulture)}" : string.Empty);
}
