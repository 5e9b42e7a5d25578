using System.Globalization;

namespace TraversalLearning.Messages;

/// <summary>A seed in a message: 64 bits as hexadecimal digits.</summary>
public static class WireSeed
{
    /// <summary>Characters of it.</summary>
    public const int Length = 16;

    /// <summary>Says it.</summary>
    public static string Write(ulong seed) => seed.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Reads what <see cref="Wire.MetadataMap.Hex"/> has let through.</summary>
    public static ulong Read(string digits) => ulong.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
