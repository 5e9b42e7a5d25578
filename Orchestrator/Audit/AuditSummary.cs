using System.Globalization;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>What an audit's findings come to, in words.</summary>
internal static class AuditSummary
{
    /// <summary>An exchange in which the orchestrator sees masked sums only.</summary>
    private const string Blind = "blind";

    // A share this far above chance is a finding; below it may be luck.
    private const double Margin = 0.15;

    /// <summary>A sentence for each exchange.</summary>
    public static IReadOnlyList<ExchangeSummary> Of(IReadOnlyList<Finding> findings) =>
        [.. findings.GroupBy(f => f.Exchange, StringComparer.Ordinal).Select(g => new ExchangeSummary(g.Key, Sentence(g.Key, [.. g])))];

    /// <summary>What to change, the most effective first.</summary>
    public static IReadOnlyList<string> Advice(RunOptions options, IReadOnlyList<Finding> findings)
    {
        var advice = new List<string>();
        if (ExchangeKind.Find(Blind) is not null && findings.Any(f => f.Exchange != Blind && f.Party == Parties.Orchestrator && IsLeak(f)))
        {
            advice.Add($"--exchange {Blind}: the orchestrator adds masked sums, and learns neither labels nor inputs.");
        }

        if (findings.Any(f => f.Party is Parties.Wire && IsLeak(f)))
        {
            advice.Add("TLS on every link: without it, whoever reads the network knows what the orchestrator knows.");
        }

        bool isFromSums = findings.Any(f => f.Attack == new Attacks.SingleUnits(ofBatch: true).Name && f.WithinOnePercent > 0);
        if (isFromSums && options.Model.Layers.Any(l => l is ReluLayer))
        {
            advice.Add("A smooth activation (--activation gelu, or a gelu layer): no unit is active for one row alone, and the sum over a batch no longer gives rows away.");
        }

        if (isFromSums)
        {
            advice.Add(string.Create(CultureInfo.InvariantCulture, $"A larger batch than {options.BatchSize} (--batch_size): fewer units belong to a single row."));
        }

        return advice.Count > 0 ? advice : ["Nothing that was tried here recovered anything; that is no proof that nothing can."];
    }

    private static string Sentence(string exchange, Finding[] findings)
    {
        string[] parties = [Parties.Orchestrator, Parties.Node, Parties.Both, Parties.Wire];
        IEnumerable<string> clauses = parties
            .Select(p => (Who: Who(p), What: What([.. findings.Where(f => f.Party == p)])))
            .GroupBy(f => f.What, StringComparer.Ordinal)
            .Select(g => $"{g.Key} recovered by {Join([.. g.Select(f => f.Who)])}");
        double? noise = findings.FirstOrDefault(f => f.Party == Parties.SecuredWire)?.PValue;
        string wire = noise is { } p
            ? string.Create(CultureInfo.InvariantCulture, $"; with TLS a reader of the network sees bytes that {(p > 0.001 ? "cannot be told from noise" : "differ from noise")} (p = {p:0.00})")
            : string.Empty;
        return $"With {exchange}, {string.Join("; ", clauses)}{wire}.";
    }

    private static string Who(string party) => party switch
    {
        Parties.Orchestrator => "the orchestrator",
        Parties.Node => "another node",
        Parties.Both => "orchestrator and node together",
        _ => "a reader of the network without TLS",
    };

    private static string What(Finding[] findings)
    {
        var parts = new List<string>();
        if (findings.Where(f => f.Measure == Measures.Labels).MaxBy(f => f.Share) is { } labels && IsLeak(labels))
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{labels.Share:0 %} of the labels"));
        }
        else if (findings.Where(f => f.Measure == Measures.Groups).MaxBy(f => f.Share) is { } groups && IsLeak(groups))
        {
            parts.Add("groups of samples with the same label");
        }
        else if (findings.Where(f => f.Measure == Measures.Counts).MaxBy(f => f.Share - f.Chance) is { } counts && IsLeak(counts))
        {
            parts.Add("the numbers of samples with each label in a batch");
        }

        if (findings.Where(f => f.Measure == Measures.Inputs).MaxBy(f => f.WithinOnePercent / (double)f.Rows) is { WithinOnePercent: > 0 } inputs)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{inputs.WithinOnePercent} of {inputs.Rows} samples (within 1 %)"));
        }

        return parts.Count == 0 ? "no label and no sample (within 1 %) is" : $"{Join(parts)} are";
    }

    private static bool IsLeak(Finding finding) => finding.WithinOnePercent > 0
        || (finding.Measure is Measures.Labels or Measures.Groups or Measures.Counts && finding.Share > finding.Chance + Margin);

    private static string Join(IReadOnlyList<string> words) => words.Count < 2 ? words[0] : $"{string.Join(", ", words.Take(words.Count - 1))} and {words[^1]}";
}
