namespace TraversalLearning.Orchestration.Events;

/// <summary>Numbers as JSON has them: it knows no NaN and no infinity.</summary>
internal static class JsonNumber
{
    /// <summary>The number; <see langword="null"/> where there is none, or JSON has none for it.</summary>
    public static double? Of(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
