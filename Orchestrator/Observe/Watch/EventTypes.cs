using System.Text.Json;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Observe.Watch;

/// <summary>Which events are watched.</summary>
internal sealed class EventTypes
{
    private static readonly string[] Known =
    [
        .. typeof(RunEvent).Assembly.GetTypes()
            .Where(t => t.IsSubclassOf(typeof(RunEvent)) && !t.IsAbstract && t != typeof(RoundTraced))
            .Select(t => JsonNamingPolicy.SnakeCaseLower.ConvertName(t.Name))
            .Order(StringComparer.Ordinal),
    ];

    private readonly string[] _names;

    private EventTypes(string[] names) => _names = names;

    /// <summary>All of them, those that this version does not know too.</summary>
    public static EventTypes All { get; } = new([]);

    /// <summary>Reads names such as <c>node_lost,run_completed</c>.</summary>
    /// <exception cref="FormatException">One is unknown; the message lists those that there are.</exception>
    public static EventTypes Parse(string text)
    {
        string[] names = text.Split(',');
        return names.All(n => Known.Contains(n, StringComparer.Ordinal)) ? new EventTypes(names) : throw new FormatException($"some of {string.Join(',', Known)}");
    }

    /// <summary>Whether an event is watched.</summary>
    public bool Include(string name) => _names.Length == 0 || _names.Contains(name, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => _names.Length == 0 ? "all" : string.Join(',', _names);
}
