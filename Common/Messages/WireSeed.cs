using System.Globalization;

namespace TraversalLearning.Messages;

/// <summary>A seed in a message: 64 bits as hexadecimal digits.</summary>
public static class WireSeed
{
    /// <summary>Length in characters.</summary>
    public const int Length = 16;

    /// <summary>Formats a seed.</summary>
    public static string Write(ulong seed) => seed.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Parses text validated by <see cref="Wire.MetadataMap.Hex"/>.</summary>
    public static ulong Read(string digits) => ulong.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
