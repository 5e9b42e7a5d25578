using TraversalLearning.Orchestration.Audit.Attacks;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>The attacks of a party that lacked what they need.</summary>
/// <param name="Exchange">The exchange.</param>
/// <param name="Party">The party.</param>
/// <param name="Attacks">Their names.</param>
internal sealed record IdleAttacks(string Exchange, string Party, IReadOnlyList<string> Attacks)
{
    /// <summary>For each exchange and party that has any.</summary>
    public static IEnumerable<IdleAttacks> Of(IReadOnlyList<Finding> findings) =>
        from exchange in findings.Select(f => f.Exchange).Distinct(StringComparer.Ordinal)
        from party in Parties.All
        let found = findings.Where(f => f.Exchange == exchange && f.Party == party).Select(f => f.Attack)
        let idle = KnownAttacks.All.Select(a => a.Name).Except(found, StringComparer.Ordinal).ToArray()
        where idle.Length > 0
        select new IdleAttacks(exchange, party, idle);
}
