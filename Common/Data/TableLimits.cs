using System.Text.Encodings.Web;
using System.Text.Json;

namespace TraversalLearning.Data;

/// <summary>
/// What a table's columns may be like, so that what is said of them fits into a message: whatever keeps these limits has statistics and a preparation
/// of at most <see cref="MaxJson"/> bytes. The same for a file that is read and for what comes from the wire.
/// </summary>
public static class TableLimits
{
    /// <summary>The most columns, the label not counted.</summary>
    public const int MaxColumns = 1024;

    /// <summary>The most categories of a column, and the most classes.</summary>
    public const int MaxCategories = 1024;

    /// <summary>The most bytes that a name of a column, a category or a class has in JSON.</summary>
    public const int MaxName = 256;

    /// <summary>The most bytes that all names have in JSON, those of all columns together.</summary>
    public const int MaxNames = 256 * 1024;

    /// <summary>The most spellings of what is missing.</summary>
    public const int MaxMissing = 100;

    /// <summary>The most bytes of statistics or of a preparation as JSON.</summary>
    public const int MaxJson = 448 * 1024;

    private const int MaxShown = 10;

    // In JSON a name has two quotes and a comma.
    private const int NameFrame = 3;

    /// <summary>Which limit is not kept; <see langword="null"/> if all are.</summary>
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

    /// <summary>The first of some names, for a message.</summary>
    internal static string Some(IReadOnlyCollection<string> names) => $"{string.Join(", ", names.Take(MaxShown).Select(Shown))}{(names.Count > MaxShown ? ", …" : string.Empty)}";

    /// <summary>A name for a message, its beginning where it is long.</summary>
    internal static string Shown(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
