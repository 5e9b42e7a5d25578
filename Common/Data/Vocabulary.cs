using System.Globalization;

namespace TraversalLearning.Data;

/// <summary>The names in a column, numbered in order of first occurrence while a file is read. Spellings of the same name (<see cref="TableText.Value"/>) count as one.</summary>
public sealed class Vocabulary
{
    private readonly Dictionary<string, int> _spellings = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _indices = new(StringComparer.Ordinal);
    private readonly List<int> _counts = [];

    /// <summary>Number of names.</summary>
    public int Count => _indices.Count;

    /// <summary>All names, sorted, and the sorted position of each index.</summary>
    internal (string[] Names, int[] Places) Sorted()
    {
        string[] names = Sort(_indices.Keys);
        int[] places = new int[names.Length];
        for (int place = 0; place < names.Length; place++)
        {
            places[_indices[names[place]]] = place;
        }

        return (names, places);
    }

    /// <summary>The index of a name; new names get a new index.</summary>
    /// <param name="text">The name in any spelling.</param>
    internal int IndexOf(string text)
    {
        if (!_spellings.TryGetValue(text, out int index))
        {
            string name = TableText.Value(text);
            if (!_indices.TryGetValue(name, out index))
            {
                index = _indices.Count;
                _indices.Add(name, index);
                _counts.Add(0);
            }

            _spellings.Add(text, index);
        }

        _counts[index]++;
        return index;
    }

    /// <summary>A longer name that starts with a name that occurred once; <see langword="null"/> if there is none.</summary>
    internal string? CompletionOf(string text)
    {
        string name = TableText.Value(text);
        return _indices.TryGetValue(name, out int index) && _counts[index] == 1
            ? _indices.Keys.FirstOrDefault(n => n.Length > name.Length && n.StartsWith(name, StringComparison.Ordinal))
            : null;
    }

    /// <summary>
    /// The canonical order of names, the same at every party: by value if all are whole numbers, so that class 10 follows class 9;
    /// otherwise by UTF-16 code units. Duplicates are removed.
    /// </summary>
    public static string[] Sort(IEnumerable<string> names)
    {
        string[] distinct = [.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return distinct.All(n => Number(n) is not null) ? [.. distinct.OrderBy(Number)] : distinct;

        static long? Number(string name) => long.TryParse(name, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null;
    }
}
