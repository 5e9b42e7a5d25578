namespace TraversalLearning.Data;

/// <summary>What the values of a table's column are.</summary>
public enum ColumnKind
{
    /// <summary>Numbers, of which mean and deviation are taken.</summary>
    Number,

    /// <summary>Names, of which it is only asked whether they are the same.</summary>
    Category,
}

/// <summary>What there is to say of a <see cref="ColumnKind"/>.</summary>
public static class ColumnKindExtensions
{
    /// <summary>As it stands in messages: <c>a number</c>, <c>a category</c>.</summary>
    public static string Word(this ColumnKind kind) => kind == ColumnKind.Number ? "a number" : "a category";
}
