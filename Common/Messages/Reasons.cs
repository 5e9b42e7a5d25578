namespace TraversalLearning.Messages;

/// <summary>Reasons for leaving, for the other side's log. A reason may quote names of any length, but its message has a size limit.</summary>
internal static class Reasons
{
    /// <summary>Maximum size of a reason in bytes.</summary>
    public const int MaxBytes = 1024;

    // A UTF-16 code unit has at most three bytes in UTF-8.
    private const int MaxLength = (MaxBytes / 3) - 1;

    /// <summary>A reason, truncated if too long.</summary>
    public static string Fitted(string reason) =>
        reason.Length <= MaxLength ? reason : string.Concat(reason.AsSpan(0, char.IsHighSurrogate(reason[MaxLength - 1]) ? MaxLength - 1 : MaxLength), "…");
}
