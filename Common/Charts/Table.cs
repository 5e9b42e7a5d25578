using System.Globalization;
using System.Text;

namespace TraversalLearning.Charts;

/// <summary>Figures in rows, as they go into a CSV file, a Markdown page and a terminal.</summary>
/// <param name="Columns">Their names.</param>
public sealed record Table(params string[] Columns)
{
    /// <summary>What stands in a cell where there is no figure for a reason.</summary>
    public const string Nothing = "—";

    private readonly List<string[]> _rows = [];

    /// <summary>The rows, a cell for each column.</summary>
    public IReadOnlyList<string[]> Rows => _rows;

    /// <summary>A number as tables have it; nothing for nothing.</summary>
    public static string Number(double? value, string format = "0.00") => value?.ToString(format, CultureInfo.InvariantCulture) ?? string.Empty;

    /// <summary>Adds a row.</summary>
    public void Add(params string[] cells)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(cells.Length, Columns.Length);
        _rows.Add(cells);
    }

    /// <summary>As RFC 4180 has it, with line feeds.</summary>
    public string ToCsv()
    {
        var text = new StringBuilder();
        foreach (string[] row in _rows.Prepend(Columns))
        {
            text.AppendJoin(',', row.Select(Quoted)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>As GitHub shows it; columns of numbers stand right.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        Append(Columns);
        Append([.. Enumerable.Range(0, Columns.Length).Select(column => IsNumeric(column) ? "---:" : "---")]);
        _rows.ForEach(Append);
        return text.ToString();

        void Append(string[] cells) => text.Append("| ").AppendJoin(" | ", cells.Select(c => c.Replace("|", "\\|", StringComparison.Ordinal))).Append(" |\n");
    }

    /// <summary>As a terminal shows it: columns of numbers stand right, the others left.</summary>
    public string ToText()
    {
        int[] widths = [.. Enumerable.Range(0, Columns.Length).Select(column => _rows.Prepend(Columns).Max(row => row[column].Length))];
        var text = new StringBuilder();
        foreach (string[] row in _rows.Prepend(Columns))
        {
            IEnumerable<string> cells = row.Select((cell, column) => IsNumeric(column) ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]));
            text.Append(string.Join("  ", cells).TrimEnd()).Append('\n');
        }

        return text.ToString();
    }

    private static string Quoted(string cell) =>
        cell.AsSpan().ContainsAny(",\"\n\r") ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;

    private bool IsNumeric(int column) => _rows.Count > 0 && _rows.TrueForAll(row => row[column] is "" or Nothing || char.IsAsciiDigit(row[column].TrimStart('−', '-', '+')[0]));
}
