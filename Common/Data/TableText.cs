using System.Globalization;
using System.Text;
using ADRaffy.ENSNormalize;

namespace TraversalLearning.Data;

/// <summary>
/// When two texts of a table are the same name. A class that one party spells <c>1</c> and another <c>1.0</c>, or with an accent that is composed here and
/// decomposed there, would become two without a word.
/// </summary>
internal static class TableText
{
    /// <summary>The one spelling of a name: in Unicode's normal form C, without blanks at its ends, those of no width among them.</summary>
    public static string Name(string text)
    {
        int start = 0;
        int end = text.Length;
        for (; start < end && IsBlank(text[start]); start++)
        {
        }

        for (; end > start && IsBlank(text[end - 1]); end--)
        {
        }

        string trimmed = text[start..end];
        return Ascii.IsValid(trimmed) ? trimmed : ENSNormalize.NF.NFC(trimmed);
    }

    /// <summary>The one spelling of a category or class: as <see cref="Name"/>, and one for a number, <c>1</c> for <c>1.0</c>, <c>01</c> and <c>+1</c>.</summary>
    public static string Value(string text)
    {
        string name = Name(text);
        return Decimal(name) ?? name;
    }

    /// <summary>
    /// What names have in common that look like one: without case, accents, blanks and underscores, and with hyphens between letters left out; numbers as
    /// their value, with a point or a comma. What is alike is pointed out and not changed.
    /// </summary>
    public static string Likeness(string name)
    {
        if (double.TryParse(name.Replace(',', '.'), NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
        {
            return number.ToString("R", CultureInfo.InvariantCulture);
        }

        var key = new StringBuilder();
        bool behindLetter = false;
        foreach (Rune rune in (Ascii.IsValid(name) ? name : ENSNormalize.NF.NFD(name)).EnumerateRunes())
        {
            UnicodeCategory category = Rune.GetUnicodeCategory(rune);
            bool counts = category is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.Format or UnicodeCategory.Control or UnicodeCategory.SpaceSeparator
                    or UnicodeCategory.ConnectorPunctuation)
                && !(category == UnicodeCategory.DashPunctuation && behindLetter);
            if (counts)
            {
                key.Append(Rune.ToUpperInvariant(rune));
                behindLetter = Rune.IsLetter(rune);
            }
        }

        // A hyphen at the end tells A− from A.
        return key.Length == 0 ? name : name.EndsWith('-') ? $"{key}-" : key.ToString();
    }

    private static bool IsBlank(char c) => char.IsWhiteSpace(c) || c is '\u200B' or '\u200C' or '\u200D' or '\u2060' or '\uFEFF';

    /// <summary>
    /// Digits with a sign and a point, without the zeros and the sign that change nothing; <see langword="null"/> for all else. The digits stay as they are: two
    /// numbers of twenty digits are not made one by rounding. An exponent is left to be a name: <c>1E5</c> and <c>0e2</c> are more often codes.
    /// </summary>
    private static string? Decimal(string text)
    {
        int start = text is ['+' or '-', ..] ? 1 : 0;
        int point = text.IndexOf('.', start);
        ReadOnlySpan<char> whole = text.AsSpan(start..(point < 0 ? text.Length : point));
        ReadOnlySpan<char> part = point < 0 ? [] : text.AsSpan(point + 1);
        if (whole.Length + part.Length == 0 || whole.ContainsAnyExceptInRange('0', '9') || part.ContainsAnyExceptInRange('0', '9'))
        {
            return null;
        }

        whole = whole.TrimStart('0');
        part = part.TrimEnd('0');
        string sign = text[0] == '-' && whole.Length + part.Length > 0 ? "-" : string.Empty;
        return $"{sign}{(whole.IsEmpty ? "0" : whole)}{(part.IsEmpty ? string.Empty : ".")}{part}";
    }
}
