namespace TraversalLearning.Messages;

/// <summary>Why somebody leaves, for the other side's log. A reason may quote names of any length, and its message has a limit.</summary>
internal static class Reasons
{
    /// <summary>The most bytes of a reason.</summary>
    public const int MaxBytes = 1024;

    // A UTF-16 code unit has at most three bytes in UTF-8.
    private const int MaxLength = (MaxBytes / 3) - 1;

    /// <summary>A reason that is cut where it is too long.</summary>
    public static string Fitted(string reason) =>
        reason.Length <= MaxLength ? reason : string.Concat(reason.AsSpan(0, char.IsHighSurrogate(reason[MaxLength - 1]) ? MaxLength - 1 : MaxLength), "…");
}
