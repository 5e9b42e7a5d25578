namespace TraversalLearning.Configuration;

/// <summary>What somebody meant who wrote a word that nobody knows.</summary>
public static class NearestWord
{
    /// <summary>What is wrong with an unknown word, and what would be right: the nearest that is known, or all where none is near.</summary>
    public static string Unknown(string kind, string word, IReadOnlyCollection<string> known) => Of(word, known) is { } nearest
        ? $"there is no such {kind}; did you mean '{nearest}'?"
        : $"there is no such {kind}; there are {string.Join(", ", known)}";

    /// <summary>The nearest word; <see langword="null"/> if none is near: a third of its letters changed at most.</summary>
    public static string? Of(string word, IEnumerable<string> known) => known
        .Select(k => (Word: k, Distance: Distance(word.Replace('-', '_'), k.Replace('-', '_'))))
        .Where(k => k.Distance <= Math.Max(1, Math.Max(word.Length, k.Word.Length) / 3))
        .OrderBy(k => k.Distance).ThenBy(k => k.Word, StringComparer.Ordinal)
        .Select(k => k.Word)
        .FirstOrDefault();

    /// <summary>How many letters are to be put in, left out or changed (Levenshtein 1966).</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int changed = diagonal + (char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, 1 + Math.Min(row[j - 1], row[j]));
            }
        }

        return row[^1];
    }
}
