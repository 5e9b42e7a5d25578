using System.Globalization;
using System.Text.Json.Serialization;

namespace TraversalLearning.Orchestration.Reports.Results;

/// <summary>Mean and deviation over repetitions of a run.</summary>
/// <param name="Count">Number of values, at least one.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Deviation">Sample standard deviation (n − 1); <see langword="null"/> for a single value.</param>
internal readonly record struct Statistic([property: JsonIgnore] int Count, double Mean, [property: JsonPropertyName("sd")] double? Deviation)
{
    /// <summary>
    /// The same for counts, which are mostly equal in all repetitions; the deviation is then omitted.
    /// </summary>
    [JsonIgnore]
    public Statistic Whole => Deviation == 0 ? this with { Deviation = null } : this;

    /// <summary>The statistic of some values; <see langword="null"/> if there are none.</summary>
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

    /// <summary>Formats as <c>0.8684 ± 0.0012</c>; without a deviation, the mean alone.</summary>
    /// <param name="format">Format of both numbers.</param>
    public string Text(string format) =>
        Mean.ToString(format, CultureInfo.InvariantCulture)
        + (Deviation is { } deviation ? $" ± {deviation.ToString(format.TrimStart('+'), CultureInfo.InvariantCulture)}" : string.Empty);
}
