using System.Text.Encodings.Web;
using System.Text.Json;

namespace TraversalLearning.Data;

/// <summary>
/// Limits for a table's columns, so that its statistics and its preparation fit into a message: within these limits they take at
/// most <see cref="MaxJson"/> bytes. The same for files and for messages.
/// </summary>
public static class TableLimits
{
    /// <summary>Maximum number of columns, without the label.</summary>
    public const int MaxColumns = 1024;

    /// <summary>Maximum number of categories of a column, and of classes.</summary>
    public const int MaxCategories = 1024;

    /// <summary>Maximum length in JSON bytes of a name of a column, category or class.</summary>
    public const int MaxName = 256;

    /// <summary>Maximum length in JSON bytes of all names of all columns together.</summary>
    public const int MaxNames = 256 * 1024;

    /// <summary>Maximum number of spellings of missing values.</summary>
    public const int MaxMissing = 100;

    /// <summary>Maximum size in bytes of statistics or a preparation as JSON.</summary>
    public const int MaxJson = 448 * 1024;

    private const int MaxShown = 10;

    // In JSON a name takes two quotes and a comma.
    private const int NameFrame = 3;

    /// <summary>The limit that is exceeded; <see langword="null"/> if none is.</summary>
    internal static string? Problem(IEnumerable<(string Name, IReadOnlyList<string> Categories)> columns, string label, IReadOnlyList<string> classes)
    {
        int count = 0;
        int bytes = 0;
        foreach ((string name, IReadOnlyList<string> categories) in columns.Append((label, classes)))
        {
            string what = $"column '{Shown(name)}'";
            if (categories.Count > MaxCategories)
            {
                return $"{what} has {categories.Count} categories, more than {MaxCategories}; group the rare ones, or leave the column out by \"ignore\"";
            }

            foreach (string text in categories.Prepend(name))
            {
                int length = JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes.Length;
                bytes += length + NameFrame;
                if (length > MaxName)
                {
                    return $"{what}: '{Shown(text)}' is longer than {MaxName} bytes; use shorter names, or leave the column out by \"ignore\"";
                }
            }

            count++;
        }

        return count - 1 > MaxColumns ? $"there are {count - 1} columns, more than {MaxColumns}; leave some out by \"ignore\""
            : bytes > MaxNames ? $"the names of columns and categories are {bytes} bytes together, more than {MaxNames}; use shorter ones, or leave columns out by \"ignore\""
            : null;
    }

    /// <summary>The first few names, for a message.</summary>
    internal static string Some(IReadOnlyCollection<string> names) => $"{string.Join(", ", names.Take(MaxShown).Select(Shown))}{(names.Count > MaxShown ? ", …" : string.Empty)}";

    /// <summary>A name for a message, truncated if long.</summary>
    internal static string Shown(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
