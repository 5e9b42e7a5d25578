using System.Globalization;
using System.Text.Json;
using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Observe.Watch;

/// <summary>An event as a line for people: when, what, and its figures.</summary>
internal static class EventLine
{
    /// <summary>Reads a line; <see langword="null"/> if it is no event.</summary>
    public static JsonElement? Parse(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 8 });
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The name of an event.</summary>
    public static string NameOf(JsonElement runEvent) =>
        runEvent.TryGetProperty("event", out JsonElement name) && name.ValueKind == JsonValueKind.String ? name.GetString()! : "event";

    /// <summary>The line.</summary>
    public static string Of(JsonElement runEvent)
    {
        string time = runEvent.TryGetProperty("time", out JsonElement at) && at.ValueKind == JsonValueKind.String && at.TryGetDateTimeOffset(out DateTimeOffset when)
            ? when.ToLocalTime().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)
            : "--:--:--.---";
        IEnumerable<string> fields = runEvent.EnumerateObject()
            .Where(p => p.Name is not ("event" or "time") && p.Value.ValueKind != JsonValueKind.Null)
            .Select(p => $"{p.Name}={Text(p.Value)}");
        return Printable.Escape($"{time} {NameOf(runEvent),-21} {string.Join(' ', fields)}");
    }

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when value.TryGetInt64(out long whole) => whole.ToString(CultureInfo.InvariantCulture),
        JsonValueKind.Number => value.GetDouble().ToString("G6", CultureInfo.InvariantCulture),
        JsonValueKind.String when value.GetString() is { } text => text.Contains(' ', StringComparison.Ordinal) ? $"'{text}'" : text,
        _ => value.GetRawText(),
    };
}
