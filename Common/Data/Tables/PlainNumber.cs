using System.Globalization;
using System.Numerics;

namespace TraversalLearning.Data.Tables;

/// <summary>Formats numbers without an exponent, with the fewest digits that round-trip: <c>100000000000000000000</c>, not <c>1E+20</c>, which is another name.</summary>
internal static class PlainNumber
{
    /// <summary>The text of a number.</summary>
    public static string Of<T>(T value)
        where T : IFloatingPointIeee754<T>
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        int e = text.IndexOf('E', StringComparison.Ordinal);
        if (e < 0)
        {
            return text;
        }

        string sign = text[0] == '-' ? "-" : string.Empty;
        string[] parts = text[sign.Length..e].Split('.');
        string digits = string.Concat(parts);
        int point = parts[0].Length + int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return point <= 0 ? $"{sign}0.{new string('0', -point)}{digits}"
            : point >= digits.Length ? $"{sign}{digits.PadRight(point, '0')}"
            : $"{sign}{digits[..point]}.{digits[point..]}";
    }
}
