namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>
/// An attack on what a party saw. It runs in a dispose scope of its own, and returns nothing where the view lacks what
/// it needs.
/// </summary>
internal interface IAttack
{
    /// <summary>A few words, for tables.</summary>
    string Name { get; }

    /// <summary>How it works, in one line.</summary>
    string Description { get; }

    /// <summary>What it needs to have seen, in a few words.</summary>
    string Needs { get; }

    /// <summary>Runs it.</summary>
    /// <param name="view">What the party saw.</param>
    /// <param name="facts">What everybody knows.</param>
    IEnumerable<Recovered> Run(PartyView view, AuditContext facts);
}
