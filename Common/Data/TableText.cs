using System.Globalization;
using System.Text;
using ADRaffy.ENSNormalize;

namespace TraversalLearning.Data;

/// <summary>
/// Canonical spelling of the texts of a table. Without it, a class spelled <c>1</c> by one party and <c>1.0</c> by another, or
/// with a composed accent here and a decomposed one there, would silently become two classes.
/// </summary>
internal static class TableText
{
    /// <summary>The canonical spelling of a name: Unicode normal form C, trimmed, including zero-width blanks.</summary>
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

    /// <summary>The canonical spelling of a category or class: as <see cref="Name"/>, and numbers unified, <c>1</c> for <c>1.0</c>, <c>01</c> and <c>+1</c>.</summary>
    public static string Value(string text)
    {
        string name = Name(text);
        return Decimal(name) ?? name;
    }

    /// <summary>
    /// A key that similar names share: case, accents, blanks, underscores and hyphens between letters are ignored; numbers compare by
    /// value, with a point or a comma. Similar names are reported, never changed.
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

        // A trailing hyphen distinguishes A− from A.
        return key.Length == 0 ? name : name.EndsWith('-') ? $"{key}-" : key.ToString();
    }

    private static bool IsBlank(char c) => char.IsWhiteSpace(c) || c is '\u200B' or '\u200C' or '\u200D' or '\u2060' or '\uFEFF';

    /// <summary>
    /// A number's digits with sign and point, without redundant zeros and sign; <see langword="null"/> for any other text. Digits are
    /// not rounded: two numbers of twenty digits stay distinct. Exponents are left as names: <c>1E5</c> and <c>0e2</c> are more
    /// often codes.
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
