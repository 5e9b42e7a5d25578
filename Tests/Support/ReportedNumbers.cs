using System.Globalization;
using System.Text;
using System.Xml.Linq;

namespace TraversalLearning.Tests.Support;

/// <summary>The promise of reports: every number of <c>report.html</c> is found in <c>results.csv</c>.</summary>
internal static class ReportedNumbers
{
    private static readonly double[] Units = [1, 1e6];

    /// <summary>What the page of a folder shows, and its CSV file has not. Marks of axes, titles of columns and captions are not looked at.</summary>
    public static IReadOnlyList<string> MissingIn(string folder) =>
        Missing(Page(folder), File.ReadAllText(Path.Combine(folder, "results.csv")));

    /// <summary>The page, which is well-formed XML too.</summary>
    public static XElement Page(string folder) => XDocument.Parse(File.ReadAllText(Path.Combine(folder, "report.html"))).Root!;

    /// <summary>The same for a page and a file.</summary>
    public static IReadOnlyList<string> Missing(XElement page, string csv)
    {
        HashSet<string> cells = [.. Rows(csv).SelectMany(r => r)];
        XElement main = page.Element("body")!.Element("main")!;
        IEnumerable<string> exact =
        [
            .. main.Descendants("data").Select(d => d.Attribute("value")!.Value),
            .. main.Descendants("time").Select(t => t.Attribute("datetime")!.Value),
            .. main.Descendants().Attributes().Where(a => a.Name.LocalName.StartsWith("data-", StringComparison.Ordinal)).Select(a => a.Value),
        ];
        IEnumerable<string> texts = main.DescendantNodes().OfType<XText>()
            .Where(t => !t.Ancestors().Any(a => a.Name.LocalName is "svg" or "data" or "time" or "thead" or "caption" or "h1" or "h2"))
            .SelectMany(t => t.Value.Split("; "))
            .Select(t => t.Trim())
            .Where(t => t.Any(char.IsAsciiDigit) && !cells.Any(c => c.Contains(t, StringComparison.Ordinal)));
        IEnumerable<string> rounded = main.Descendants("data").Where(d => !IsRounded(d.Value, d.Attribute("value")!.Value)).Select(d => $"{d.Value} for {d.Attribute("value")!.Value}");
        return [.. exact.Where(e => !cells.Contains(e)), .. texts, .. rounded];
    }

    /// <summary>The rows of a CSV file as RFC 4180 has them.</summary>
    public static IReadOnlyList<string[]> Rows(string csv)
    {
        var rows = new List<string[]>();
        var row = new List<string>();
        var cell = new StringBuilder();
        bool quoted = false;
        for (int i = 0; i < csv.Length; i++)
        {
            char c = csv[i];
            if (c == '"')
            {
                bool isDoubled = quoted && i + 1 < csv.Length && csv[i + 1] == '"';
                cell.Append(isDoubled ? "\"" : string.Empty);
                quoted = isDoubled || !quoted;
                i += isDoubled ? 1 : 0;
            }
            else if (quoted || (c != ',' && c != '\n'))
            {
                cell.Append(c);
            }
            else
            {
                row.Add(cell.ToString());
                cell.Clear();
                if (c == '\n')
                {
                    rows.Add([.. row]);
                    row.Clear();
                }
            }
        }

        return rows;
    }

    /// <summary>The rows of a kind, by the names of their columns.</summary>
    public static IReadOnlyList<Dictionary<string, string>> OfKind(string folder, string kind)
    {
        IReadOnlyList<string[]> rows = Rows(File.ReadAllText(Path.Combine(folder, "results.csv")));
        return [.. rows.Skip(1).Where(r => r[0] == kind).Select(r => rows[0].Zip(r).ToDictionary(c => c.First, c => c.Second, StringComparer.Ordinal))];
    }

    private static bool IsRounded(string shown, string exact)
    {
        double value = double.Parse(exact, CultureInfo.InvariantCulture);
        double number = double.Parse(shown, CultureInfo.InvariantCulture);
        string[] parts = shown.Split('e');
        int point = parts[0].IndexOf('.', StringComparison.Ordinal);
        int exponent = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
        double half = 0.5001 * Math.Pow(10, exponent + (point < 0 ? 0 : point + 1 - parts[0].Length));
        return Units.Any(unit => Math.Abs((value / unit) - number) <= Math.Max(half, 5e-4 * Math.Abs(number)));
    }
}
