using System.Text.Json.Nodes;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Observe.Dashboard;

/// <summary>Numbers as the page gets them.</summary>
internal static class Figures
{
    /// <summary>To six decimals; <see langword="null"/> for what JSON has no number for.</summary>
    public static JsonNode? Number(double? value, int decimals = 6) => JsonNumber.Of(value) is { } number ? Math.Round(number, decimals) : null;
}
