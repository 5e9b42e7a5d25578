namespace TraversalLearning.Data.Tables;

/// <summary>A party with a table, and the table's statistics.</summary>
/// <param name="Name">The party's name in messages: <c>node 2</c>.</param>
/// <param name="Table">The statistics.</param>
public sealed record TableParty(string Name, TableStatistics Table)
{
    /// <summary>The parties of node 1, 2, …</summary>
    public static TableParty[] OfNodes(IReadOnlyList<TableStatistics> tables) => [.. tables.Select((table, i) => new TableParty($"node {i + 1}", table))];
}
