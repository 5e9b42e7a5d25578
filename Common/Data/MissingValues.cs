namespace TraversalLearning.Data;

/// <summary>Which values of a table count as missing: nothing, and the usual spellings of that.</summary>
internal static class MissingValues
{
    private static readonly string[] Spellings = ["", "?", "NA", "N/A", "NaN", "null"];

    /// <summary>Whether a value, without the spaces around it, is one of them, in capitals or not.</summary>
    public static bool Contains(string value) => Array.Exists(Spellings, s => string.Equals(s, value, StringComparison.OrdinalIgnoreCase));
}
