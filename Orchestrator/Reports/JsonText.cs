using System.Text.Json;
using System.Text.Json.Nodes;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>A value of a JSON file as a text of a table.</summary>
internal static class JsonText
{
    /// <summary>A text as it is; of an object that has one its name or type; of a list its values with commas between; else as JSON has it. Nothing of nothing.</summary>
    public static string? Of(JsonNode? node) => node switch
    {
        null => null,
        JsonObject o when (o["name"] ?? o["type"]) is { } name => Of(name),
        JsonArray list => string.Join(',', list.Select(Of)),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => node.ToJsonString(),
    };
}
