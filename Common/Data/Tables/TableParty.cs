namespace TraversalLearning.Data.Tables;

/// <summary>Somebody who has a table, and what it is like.</summary>
/// <param name="Name">For messages: <c>node 2</c>.</param>
/// <param name="Table">What was said of it.</param>
public sealed record TableParty(string Name, TableStatistics Table)
{
    /// <summary>Node 1, 2, …</summary>
    public static TableParty[] OfNodes(IReadOnlyList<TableStatistics> tables) => [.. tables.Select((table, i) => new TableParty($"node {i + 1}", table))];
}
