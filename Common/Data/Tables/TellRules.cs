namespace TraversalLearning.Data.Tables;

/// <summary>
/// What a node tells of its table (<see cref="TableStatistics"/>). <see cref="ToldRows"/> brings the table into a form that can
/// be told of, before anything is sent.
/// </summary>
public sealed record TellRules
{
    /// <summary>Everything is told.</summary>
    public static TellRules Everything { get; } = new();

    /// <summary>The columns that may be told, including the one to predict; <see langword="null"/> for all.</summary>
    public IReadOnlySet<string>? Columns { get; init; }

    /// <summary>The kinds of statistics that may be told.</summary>
    public ToldStatistics Statistics { get; init; } = ToldStatistics.All;

    /// <summary>Names, moments and counts of fewer rows than this are not told. Below 2 there is no such limit.</summary>
    public int MinCount { get; init; }

    /// <summary>The kinds of statistics.</summary>
    public static IReadOnlyList<ToldStatistics> Kinds { get; } = [ToldStatistics.Moments, ToldStatistics.Categories, ToldStatistics.Classes, ToldStatistics.Missing];

    /// <summary>A kind in a file.</summary>
    public static string WordOf(ToldStatistics kind) => kind.ToString().ToLowerInvariant();

    /// <summary>Whether the same is told.</summary>
    public bool IsSame(TellRules other) =>
        Statistics == other.Statistics && MinCount == other.MinCount
        && (Columns is null ? other.Columns is null : other.Columns is not null && Columns.SetEquals(other.Columns));

    /// <summary>Whether nothing is kept back.</summary>
    public bool TellEverything => Columns is null && Statistics == ToldStatistics.All && MinCount < 2;

    /// <summary>Whether a kind of statistics may be told.</summary>
    internal bool Tell(ToldStatistics kind) => Statistics.HasFlag(kind);

    /// <summary>Whether a group of rows is there and too small to be told of.</summary>
    internal bool IsRare(long rows) => rows > 0 && rows < MinCount;

    /// <summary>Throws if the table has a column that the rules exclude.</summary>
    /// <exception cref="TableException">The node cannot take part with this column; the message names it and the rule.</exception>
    internal void Require(TableDictionary table)
    {
        if (Problem(table) is { } problem)
        {
            throw new TableException($"this node's rules on tables: {problem}");
        }
    }

    private string? Problem(TableDictionary table)
    {
        if (Columns is not null && table.Image is null)
        {
            if (!Columns.Contains(table.Label))
            {
                return $"column '{table.Label}', which is to be predicted, is none of those that may be told; allow it, or take no part";
            }

            if (table.Columns.FirstOrDefault(c => !Columns.Contains(c.Name)) is { } strange)
            {
                return $"column '{strange.Name}' is none of those that may be told; name it under \"ignore\" in {TableSchema.FileName} of all parties, or allow it";
            }
        }

        return !Tell(ToldStatistics.Classes) && table is { IsTarget: false, ClosedClasses: false }
            ? $"classes may not be told; list those that there may be under \"classes\" in {TableSchema.FileName} of all parties"
            : !Tell(ToldStatistics.Categories) && table.Columns.FirstOrDefault(c => c is { Kind: ColumnKind.Category, Closed: false }) is { } open
            ? $"categories may not be told, and column '{open.Name}' has any; list those that there may be under \"categories\" in {TableSchema.FileName} of all parties, or name the column under \"ignore\""
            : null;
    }
}
