namespace TraversalLearning.Records;

/// <summary>The record of what left cannot be written. The message that it was to hold has not been sent.</summary>
public sealed class RecordException(string message, Exception inner) : Exception(message, inner)
{
    /// <summary>The code by which the other side is told.</summary>
    public const string Code = "record";

    /// <summary>What the other side is told: it learns no path.</summary>
    public const string Text = "this node cannot write the record of what leaves it; its own last line says why";
}
