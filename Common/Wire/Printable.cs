using System.Globalization;
using System.Text;

namespace TraversalLearning.Wire;

/// <summary>
/// Text of the other side, made fit for a line of a log or a terminal: it can neither begin a line of its own nor move the cursor nor
/// turn the direction of reading around.
/// </summary>
public static class Printable
{
    /// <summary>The text with every control, format and separator character, and every lone surrogate, as <c>\uXXXX</c>.</summary>
    public static string Escape(string text)
    {
        int first = 0;
        while (first < text.Length && IsPlain(text[first]))
        {
            first++;
        }

        if (first == text.Length)
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 16).Append(text, 0, first);
        for (int i = first; i < text.Length; i++)
        {
            if (IsPlain(text[i]))
            {
                escaped.Append(text[i]);
            }
            else if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]) && IsHarmless(CharUnicodeInfo.GetUnicodeCategory(text, i)))
            {
                escaped.Append(text[i]).Append(text[++i]);
            }
            else
            {
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[i]:X4}");
            }
        }

        return escaped.ToString();
    }

    private static bool IsPlain(char c) => c is >= ' ' and <= '~' || (c > '~' && IsHarmless(char.GetUnicodeCategory(c)));

    private static bool IsHarmless(UnicodeCategory category) => category is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate);
}
