using System.Globalization;

namespace TraversalLearning.Data;

/// <summary>The values of a table that count as missing: empty ones, and the usual spellings or those listed in the schema.</summary>
internal sealed class MissingValues
{
    private readonly HashSet<string> _spellings;
    private readonly double[] _numbers;

    /// <summary>Empty values and these spellings, case-insensitive; a number in any spelling.</summary>
    public MissingValues(IEnumerable<string> spellings)
    {
        _spellings = new HashSet<string>(spellings.Select(TableText.Value).Append(string.Empty), StringComparer.OrdinalIgnoreCase);
        _numbers = [.. _spellings.Where(s => double.TryParse(s, NumberStyles.Float, CultureInfo.InvariantCulture, out _)).Select(s => double.Parse(s, CultureInfo.InvariantCulture))];
    }

    /// <summary>The usual spellings.</summary>
    public static MissingValues Default { get; } = new(["?", "-", ".", "NA", "N/A", "#N/A", "NaN", "None", "null"]);

    /// <summary>The spellings in canonical order, so that equal lists give equal texts.</summary>
    public string[] Spellings => [.. _spellings.Where(s => s.Length > 0).Select(s => s.ToUpperInvariant()).Order(StringComparer.Ordinal)];

    /// <summary>Whether a name (<see cref="TableText.Name"/>) counts as missing.</summary>
    public bool Contains(string name) => _spellings.Contains(name) || (_numbers.Length > 0 && _spellings.Contains(TableText.Value(name)));

    /// <summary>Whether a number counts as missing.</summary>
    public bool Contains(double number) => _numbers.AsSpan().Contains(number);
}
