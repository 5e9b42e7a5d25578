using System.Globalization;

namespace TraversalLearning.Data;

/// <summary>Which values of a table count as missing: nothing, and the usual spellings of that, or those that its schema names.</summary>
internal sealed class MissingValues
{
    private readonly HashSet<string> _spellings;
    private readonly double[] _numbers;

    /// <summary>These and nothing, in capitals or not; what is a number, however that is spelled.</summary>
    public MissingValues(IEnumerable<string> spellings)
    {
        _spellings = new HashSet<string>(spellings.Select(TableText.Value).Append(string.Empty), StringComparer.OrdinalIgnoreCase);
        _numbers = [.. _spellings.Where(s => double.TryParse(s, NumberStyles.Float, CultureInfo.InvariantCulture, out _)).Select(s => double.Parse(s, CultureInfo.InvariantCulture))];
    }

    /// <summary>The usual ones.</summary>
    public static MissingValues Default { get; } = new(["?", "-", ".", "NA", "N/A", "#N/A", "NaN", "None", "null"]);

    /// <summary>In an order of their own, so that two lists of the same spellings are the same text.</summary>
    public string[] Spellings => [.. _spellings.Where(s => s.Length > 0).Select(s => s.ToUpperInvariant()).Order(StringComparer.Ordinal)];

    /// <summary>Whether a name (<see cref="TableText.Name"/>) is one of them.</summary>
    public bool Contains(string name) => _spellings.Contains(name) || (_numbers.Length > 0 && _spellings.Contains(TableText.Value(name)));

    /// <summary>Whether a number is one of them.</summary>
    public bool Contains(double number) => _numbers.AsSpan().Contains(number);
}
