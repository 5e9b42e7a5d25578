using System.Globalization;
using System.Runtime.InteropServices;

namespace TraversalLearning.Data;

/// <summary>What a party reports about its samples: enough to detect that two parties' samples are of different kinds.</summary>
/// <param name="Element">Element type.</param>
/// <param name="Shape">Dimensions of one sample.</param>
public sealed record SampleTraits(SampleElement Element, long[] Shape)
{
    // Magnitudes that differ by this factor suggest different units, such as pixels up to 255 and pixels up to 1.
    private const double FactorApart = 100;

    // Values this large are placeholders for missing ones, such as the lowest single-precision number; they say nothing about the unit.
    private const double StandIn = 1e30;

    /// <summary>The smallest and the largest value, to two digits; <see langword="null"/> for pixels, tokens and an empty set.</summary>
    public (double Least, double Largest)? Range { get; init; }

    /// <summary>The largest absolute value; <see langword="null"/> without a range.</summary>
    public double? Magnitude => Range is var (least, largest) ? Math.Max(Math.Abs(least), Math.Abs(largest)) : null;

    /// <summary>The traits of samples. Unprepared rows of a table have no range: their columns are described by statistics.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="minCount">From 2, an end of the range is reached by this many samples at least; with fewer samples there is no range.</param>
    public static SampleTraits Of(SampleSet samples, int minCount = 0) => new(samples.Element, samples.Shape)
    {
        Range = samples.Count < Math.Max(minCount, 1) || samples.Table is not null ? null : samples.Element switch
        {
            SampleElement.Float32 => RangeOf(MemoryMarshal.Cast<byte, float>(samples.Values), samples.SampleSize, minCount),
            SampleElement.Float64 => RangeOf(MemoryMarshal.Cast<byte, double>(samples.Values), samples.SampleSize, minCount),
            _ => null,
        },
    };

    /// <summary>The traits of these samples and others of the same kind together.</summary>
    public SampleTraits Merge(SampleTraits other) => this with
    {
        Range = Range is not var (least, largest) ? other.Range
            : other.Range is not var (otherLeast, otherLargest) ? Range
            : (Math.Min(least, otherLeast), Math.Max(largest, otherLargest)),
    };

    /// <summary>Why these samples and others are of different kinds; <see langword="null"/> if they may be of the same kind.</summary>
    /// <param name="name">The owner of these samples: <c>node 2</c>.</param>
    /// <param name="other">The other samples.</param>
    /// <param name="otherName">The owner of the other samples.</param>
    /// <param name="anyRange">Whether different magnitudes are acceptable.</param>
    public string? Difference(string name, SampleTraits other, string otherName, bool anyRange)
    {
        if (KindOf(Element) != KindOf(other.Element))
        {
            return $"the samples of {name} are {Element.Word()}, {KindOf(Element)}, and those of {otherName} {other.Element.Word()}, {KindOf(other.Element)}; save all as the same";
        }

        if (!SampleShape.IsSame(Shape, other.Shape))
        {
            return $"the samples of {name} have the shape {SampleShape.Text(Shape)}, and those of {otherName} {SampleShape.Text(other.Shape)}; save all in the same";
        }

        return !anyRange && Magnitude is > 0 and < StandIn and var own && other.Magnitude is > 0 and < StandIn and var others && (own >= FactorApart * others || others >= FactorApart * own)
            ? $"the numbers of {name} are from {Text(Range!.Value)}, and those of {otherName} from {Text(other.Range!.Value)}; scale all alike, or say --allow_any_range if they are right"
            : null;
    }

    /// <summary>A suspected mistake in the values alone; <see langword="null"/> if there is none.</summary>
    /// <param name="name">The owner of these samples.</param>
    public string? Doubt(string name) => Magnitude >= StandIn ? $"{Numbers(name)}: does one of them stand for a value that is missing?" : null;

    /// <summary>The range of the values, as text; <see langword="null"/> without a range.</summary>
    /// <param name="name">The owner of these samples.</param>
    public string? Numbers(string name) => Range is { } range ? $"the numbers of {name} are from {Text(range)}" : null;

    private static string KindOf(SampleElement element) => element.IsToken() ? "tokens" : element == SampleElement.UInt8 ? "pixels, which are scaled" : "numbers, which are not scaled";

    private static (double Least, double Largest) RangeOf<T>(ReadOnlySpan<T> values, int sampleSize, int minCount)
        where T : System.Numerics.INumber<T>
    {
        var least = new T[values.Length / sampleSize];
        var largest = new T[least.Length];
        for (int i = 0; i < least.Length; i++)
        {
            (least[i], largest[i]) = ExtremesOf(values.Slice(i * sampleSize, sampleSize));
        }

        int rank = Math.Max(minCount, 1) - 1;
        return (Rounded(double.CreateChecked(Ranked(least, rank))), Rounded(double.CreateChecked(Ranked(largest, least.Length - 1 - rank))));
    }

    private static T Ranked<T>(T[] values, int rank)
    {
        Array.Sort(values);
        return values[rank];
    }

    private static (T Least, T Largest) ExtremesOf<T>(ReadOnlySpan<T> values)
        where T : System.Numerics.INumber<T>
    {
        T least = values[0];
        T largest = values[0];
        foreach (T value in values)
        {
            least = T.Min(least, value);
            largest = T.Max(largest, value);
        }

        return (least, largest);
    }

    // An extreme value may identify a person: two digits reveal the unit and no more.
    private static double Rounded(double value) => double.Parse(value.ToString("E1", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static string Text((double Least, double Largest) range) => string.Create(CultureInfo.InvariantCulture, $"{range.Least:G3} to {range.Largest:G3}");
}
