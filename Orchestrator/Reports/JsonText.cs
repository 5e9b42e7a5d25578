using System.Text.Json;
using System.Text.Json.Nodes;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>Formats JSON values for table cells.</summary>
internal static class JsonText
{
    /// <summary>
    /// Strings as they are; objects by their name or type, if they have one; arrays as comma-separated values; anything
    /// else as JSON; <see langword="null"/> stays null.
    /// </summary>
    public static string? Of(JsonNode? node) => node switch
    {
        null => null,
        JsonObject o when (o["name"] ?? o["type"]) is { } name => Of(name),
        JsonArray list => string.Join(',', list.Select(Of)),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => node.ToJsonString(),
    };
}
