using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TraversalLearning.Orchestration.Events;

/// <summary>An event as a JSON object on a line, in <c>events.jsonl</c> and wherever else it goes (docs/reference/events.md lists them).</summary>
internal static class EventJson
{
    private static readonly Dictionary<Type, string> Names = typeof(RunEvent).GetCustomAttributes<JsonDerivedTypeAttribute>()
        .ToDictionary(e => e.DerivedType, e => (string)e.TypeDiscriminator!);

    /// <summary>Whether an event has a line.</summary>
    public static bool Has(RunEvent runEvent) => Names.ContainsKey(runEvent.GetType());

    /// <summary>The line.</summary>
    public static string Write(RunEvent runEvent) => JsonSerializer.Serialize(runEvent, RecordJson.Line);

    /// <summary>Reads a line; an event that this version does not know is a <see cref="RunEvent"/> and no more.</summary>
    /// <exception cref="JsonException">It is no event.</exception>
    public static RunEvent Read(string line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.ValueKind == JsonValueKind.Object
            && document.RootElement.TryGetProperty("event", out JsonElement name) && name.ValueKind == JsonValueKind.String
            ? document.Deserialize<RunEvent>(RecordJson.Line)!
            : throw new JsonException("it has no 'event'");
    }

    /// <summary>The name of an event that has a line.</summary>
    public static string NameOf<T>()
        where T : RunEvent => Names[typeof(T)];
}
