namespace TraversalLearning.Data;

/// <summary>Kind of a table column.</summary>
public enum ColumnKind
{
    /// <summary>Numbers, with a mean and a deviation.</summary>
    Number,

    /// <summary>Names, compared only for equality.</summary>
    Category,
}

/// <summary>Extensions of <see cref="ColumnKind"/>.</summary>
public static class ColumnKindExtensions
{
    /// <summary>The kind in messages: <c>a number</c>, <c>a category</c>.</summary>
    public static string Word(this ColumnKind kind) => kind == ColumnKind.Number ? "a number" : "a category";
}
