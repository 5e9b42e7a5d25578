using System.Globalization;
using System.Xml.Linq;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Reports;

namespace TraversalLearning.Orchestration.Audit;

/// <summary><c>audit.html</c>: what was found, for people, with originals beside what was recovered.</summary>
internal static class AuditPage
{
    /// <summary>The file's name.</summary>
    public const string FileName = "audit.html";

    private const int NumbersShown = 12;

    private static readonly string[] Columns =
        ["Exchange", "Party", "Attack", "Step", "Of", "Rows", "Right, %", "Chance, %", "Within 1 %", "Within 10 %", "Median error", "p"];

    /// <summary>The file's content.</summary>
    /// <param name="record">The figures.</param>
    /// <param name="shape">Dimensions of a sample.</param>
    /// <param name="normalisation">How pixels were scaled.</param>
    public static string Of(AuditRecord record, long[] shape, Normalisation normalisation)
    {
        Finding[] strongest = [.. StrongestFindings.Of(record.Findings)];
        return HtmlPage.Of(
            "Audit",
            Html.Of(
                "header",
                Html.Of("h1", "Audit: what each party can recover"),
                Html.Of(
                    "p",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{record.Dataset}, {record.Model} ({record.Activation}), {record.NumNodes} nodes, batches of {record.BatchSize}, {record.Samples} samples, seed {record.Seed};"
                        + $" attacked at the steps {string.Join(", ", record.Steps)}."))),
            Html.Section("In short", Html.Of("ul", record.Summary.Select(s => Html.Of("li", s.Sentence)))),
            Html.Section("What to change", Html.Of("ol", record.Advice.Select(a => Html.Of("li", a)))),
            Html.Section("The strongest of each attack", Grid("Strongest findings", strongest), Explanation()),
            Html.Section(
                "Attacks that had nothing to go by",
                Html.Grid(
                    "Attacks that lacked what they need",
                    ["Exchange", "Party", "Attacks"],
                    IdleAttacks.Of(record.Findings).Select(i => new object?[] { i.Exchange, i.Party, string.Join(", ", i.Attacks) }))),
            Html.Section("Recovered samples", strongest.Where(f => f.Examples.Count > 0).GroupBy(f => f.Examples).Select(g => Pictures([.. g], shape, normalisation))),
            Html.Section("All findings", Html.Folded("Every step", Grid("All findings", record.Findings))),
            Html.Section(
                "The attacks",
                Html.Grid("Attacks", ["Attack", "How", "Needs"], record.Attacks.Select(a => new object?[] { a.Name, a.Description, a.Needs }))));
    }

    private static XElement Grid(string caption, IEnumerable<Finding> findings) => Html.Grid(caption, Columns, findings.Select(Row), sortable: true);

    private static object?[] Row(Finding f) =>
    [
        f.Exchange,
        f.Party,
        f.Attack,
        Html.Number(f.Step, "0"),
        Html.Text(f.Of),
        Html.Number(f.Measure == Measures.Noise ? null : f.Rows, "0"),
        Html.Number(f.Share, "0", 0.01),
        Html.Number(f.Chance, "0", 0.01),
        Html.Number(f.WithinOnePercent, "0"),
        Html.Number(f.WithinTenPercent, "0"),
        Html.Number(f.MedianError, "0.0e+00"),
        Html.Number(f.PValue, "0.000"),
    ];

    private static XElement Explanation() => Html.Of(
        "p",
        Html.With("class", "note"),
        "Right: the share of labels, of samples in a group of their own class, or of rows in the class counts; for membership the AUC. Chance: the same for somebody who saw "
        + "nothing. Within 1 %: samples recovered with a relative error of at most that. p: of a chi-square test of the bytes sent against uniform ones; above 0.001 they cannot be "
        + "told from noise. A node's own samples do not count as recovered by it.");

    /// <summary>The samples of a finding, which several parties may have alike.</summary>
    private static XElement Pictures(Finding[] same, long[] shape, Normalisation normalisation)
    {
        Finding finding = same[0];
        string title = $"{finding.Exchange}, {string.Join(" and ", same.Select(f => f.Party))}: {finding.Attack}";
        IEnumerable<object> rows = PixelPicture.CanShow(shape)
            ?
            [
                Images("original", finding.Examples.Select(e => e.Original), shape, normalisation),
                Images("recovered", finding.Examples.Select(e => e.Guess), shape, normalisation),
            ]
            : [.. finding.Examples.SelectMany(e => new[] { Numbers("original", e.Original), Numbers("recovered", e.Guess) })];
        return Html.Of("figure", Html.Of("figcaption", title, ": the samples recovered best, with the originals above"), rows);
    }

    private static XElement Images(string what, IEnumerable<double[]> images, long[] shape, Normalisation normalisation) =>
        Html.Of("div", images.Select(i => PixelPicture.Of(i, shape, normalisation, what)));

    private static XElement Numbers(string what, double[] values) => Html.Of(
        "p", Html.Of("code", $"{what,-9} {string.Join("  ", values.Take(NumbersShown).Select(v => v.ToString("0.000", CultureInfo.InvariantCulture)))}"));
}
