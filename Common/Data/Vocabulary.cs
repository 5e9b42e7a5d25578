using System.Globalization;

namespace TraversalLearning.Data;

/// <summary>The names in a column, numbered as they are met, while a file is read.</summary>
public sealed class Vocabulary
{
    private readonly Dictionary<string, int> _indices = new(StringComparer.Ordinal);

    /// <summary>How many there are.</summary>
    public int Count => _indices.Count;

    /// <summary>The index of a name, a new one if it is new.</summary>
    internal int IndexOf(string name)
    {
        if (!_indices.TryGetValue(name, out int index))
        {
            index = _indices.Count;
            _indices.Add(name, index);
        }

        return index;
    }

    /// <summary>All names in order, and for every index the place of its name there.</summary>
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

    /// <summary>
    /// The one order that names have, so that it is the same wherever they are counted: by their value if all are whole numbers, such that class 10 is
    /// behind class 9, else by their UTF-16 code units. Doubled ones are left out.
    /// </summary>
    public static string[] Sort(IEnumerable<string> names)
    {
        string[] distinct = [.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return distinct.All(n => Number(n) is not null) ? [.. distinct.OrderBy(Number)] : distinct;

        static long? Number(string name) => long.TryParse(name, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null;
    }
}
