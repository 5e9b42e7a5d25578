namespace TraversalLearning.Data.Tables;

/// <summary>What a node may tell of its table, besides the names and kinds of its columns.</summary>
[Flags]
public enum ToldStatistics
{
    /// <summary>Nothing more.</summary>
    None = 0,

    /// <summary>Count, mean and squared deviations of the numbers of a column.</summary>
    Moments = 1,

    /// <summary>The names that occur in a column of categories.</summary>
    Categories = 2,

    /// <summary>The classes that occur, and the number of rows of each.</summary>
    Classes = 4,

    /// <summary>How many values of a column are missing.</summary>
    Missing = 8,

    /// <summary>Everything.</summary>
    All = Moments | Categories | Classes | Missing,
}
