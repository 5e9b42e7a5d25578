using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TraversalLearning.Orchestration.Events;

/// <summary>
/// Serialises events as JSON lines, for <c>events.jsonl</c> and other consumers (docs/reference/events.md lists them).
/// </summary>
internal static class EventJson
{
    private static readonly Dictionary<Type, string> Names = typeof(RunEvent).GetCustomAttributes<JsonDerivedTypeAttribute>()
        .ToDictionary(e => e.DerivedType, e => (string)e.TypeDiscriminator!);

    /// <summary>The names of all events that have a JSON form.</summary>
    public static IReadOnlyCollection<string> AllNames => Names.Values;

    /// <summary>Whether an event has a JSON form.</summary>
    public static bool Has(RunEvent runEvent) => Names.ContainsKey(runEvent.GetType());

    /// <summary>Serialises an event.</summary>
    public static string Write(RunEvent runEvent) => JsonSerializer.Serialize(runEvent, RecordJson.Line);

    /// <summary>Deserialises a line; an event unknown to this version becomes a plain <see cref="RunEvent"/>.</summary>
    /// <exception cref="JsonException">Not an event.</exception>
    public static RunEvent Read(string line)
    {
        using var document = JsonDocument.Parse(line);
        return document.RootElement.ValueKind == JsonValueKind.Object
            && document.RootElement.TryGetProperty("event", out JsonElement name) && name.ValueKind == JsonValueKind.String
            ? document.Deserialize<RunEvent>(RecordJson.Line)!
            : throw new JsonException("it has no 'event'");
    }

    /// <summary>The name of an event that has a JSON form.</summary>
    public static string NameOf<T>()
        where T : RunEvent => Names[typeof(T)];
}
