using System.Globalization;
using System.Runtime.InteropServices;

namespace TraversalLearning.Data;

/// <summary>What samples are, as far as their owner says it to others: enough to see that two parties' samples are not the same kind of thing.</summary>
/// <param name="Element">What one element is.</param>
/// <param name="Shape">Dimensions of one sample.</param>
public sealed record SampleTraits(SampleElement Element, long[] Shape)
{
    // Numbers of one party that are so many times as large as all of another's are in another unit: pixels up to 255 beside pixels up to 1.
    private const double FactorApart = 100;

    // No measurement, but what some programs write where there is none, such as the least number of single precision. It says nothing of the unit.
    private const double StandIn = 1e30;

    /// <summary>The smallest and the largest number of all samples, to two digits; <see langword="null"/> for pixels and tokens, and where there are no samples.</summary>
    public (double Least, double Largest)? Range { get; init; }

    /// <summary>The largest of all absolute values; <see langword="null"/> where there is no range.</summary>
    public double? Magnitude => Range is var (least, largest) ? Math.Max(Math.Abs(least), Math.Abs(largest)) : null;

    /// <summary>Of samples. Rows of a table that are yet to be prepared have no range: what their columns are like is said otherwise.</summary>
    public static SampleTraits Of(SampleSet samples) => new(samples.Element, samples.Shape)
    {
        Range = samples.Count == 0 || samples.Table is not null ? null : samples.Element switch
        {
            SampleElement.Float32 => RangeOf(MemoryMarshal.Cast<byte, float>(samples.Values)),
            SampleElement.Float64 => RangeOf(MemoryMarshal.Cast<byte, double>(samples.Values)),
            _ => null,
        },
    };

    /// <summary>These and others together, of the same kind.</summary>
    public SampleTraits Merge(SampleTraits other) => this with
    {
        Range = Range is not var (least, largest) ? other.Range
            : other.Range is not var (otherLeast, otherLargest) ? Range
            : (Math.Min(least, otherLeast), Math.Max(largest, otherLargest)),
    };

    /// <summary>Why these and others are not the same kind of thing; <see langword="null"/> if they may be.</summary>
    /// <param name="name">Whose these are: <c>node 2</c>.</param>
    /// <param name="other">The others.</param>
    /// <param name="otherName">Whose those are.</param>
    /// <param name="anyRange">Whether numbers of other magnitudes will do.</param>
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

    /// <summary>What looks like a mistake in the numbers alone; <see langword="null"/> if nothing does.</summary>
    /// <param name="name">Whose these are.</param>
    public string? Doubt(string name) => Magnitude >= StandIn ? $"{Numbers(name)}: does one of them stand for a value that is missing?" : null;

    /// <summary>From where to where the numbers are; <see langword="null"/> where there are none.</summary>
    /// <param name="name">Whose these are.</param>
    public string? Numbers(string name) => Range is { } range ? $"the numbers of {name} are from {Text(range)}" : null;

    private static string KindOf(SampleElement element) => element.IsToken() ? "tokens" : element == SampleElement.UInt8 ? "pixels, which are scaled" : "numbers, which are not scaled";

    private static (double Least, double Largest) RangeOf<T>(ReadOnlySpan<T> values)
        where T : System.Numerics.INumber<T>
    {
        T least = values[0];
        T largest = values[0];
        foreach (T value in values)
        {
            least = T.Min(least, value);
            largest = T.Max(largest, value);
        }

        return (Rounded(double.CreateChecked(least)), Rounded(double.CreateChecked(largest)));
    }

    // An extreme value may be one person's: two digits tell the unit, and no more.
    private static double Rounded(double value) => double.Parse(value.ToString("E1", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static string Text((double Least, double Largest) range) => string.Create(CultureInfo.InvariantCulture, $"{range.Least:G3} to {range.Largest:G3}");
}
