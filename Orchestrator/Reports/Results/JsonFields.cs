using System.Text.Json.Nodes;

namespace TraversalLearning.Orchestration.Reports.Results;

/// <summary>Fields that a file must have.</summary>
internal static class JsonFields
{
    /// <summary>The field.</summary>
    /// <exception cref="FormatException">It is not there.</exception>
    public static JsonNode Require(this JsonNode node, string name) => node[name] ?? throw new FormatException($"it has no '{name}'");
}
