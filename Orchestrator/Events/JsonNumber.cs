namespace TraversalLearning.Orchestration.Events;

/// <summary>Restricts numbers to those that JSON can represent: no NaN, no infinity.</summary>
internal static class JsonNumber
{
    /// <summary>The number; <see langword="null"/> if missing or not representable.</summary>
    public static double? Of(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
