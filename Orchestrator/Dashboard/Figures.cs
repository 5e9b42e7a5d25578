using System.Text.Json.Nodes;

namespace TraversalLearning.Orchestration.Dashboard;

/// <summary>Numbers as the page gets them.</summary>
internal static class Figures
{
    /// <summary>To six decimals; <see langword="null"/> for what JSON has no number for.</summary>
    public static JsonNode? Number(double? value, int decimals = 6) => value is { } number && double.IsFinite(number) ? Math.Round(number, decimals) : null;
}
