namespace TraversalLearning.Orchestration.Audit;

/// <summary>Of several findings the one that recovered the most.</summary>
internal static class StrongestFindings
{
    /// <summary>One finding for each exchange, party and attack.</summary>
    public static IEnumerable<Finding> Of(IEnumerable<Finding> findings) =>
        findings.GroupBy(f => (f.Exchange, f.Party, f.Attack)).Select(g => g.MaxBy(Strength)!);

    // For noise, the largest p: bytes that look like noise are what a party without keys should see.
    private static (double Rows, double Share, double Error) Strength(Finding finding) =>
        ((finding.WithinOnePercent ?? 0) / (double)Math.Max(finding.Rows, 1), finding.Share ?? finding.PValue ?? 0, -(finding.MedianError ?? 0));
}
