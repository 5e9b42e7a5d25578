using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Orchestration.Observe.Watch;

/// <summary>Which events are watched.</summary>
internal sealed class EventTypes
{
    private readonly string[] _names;

    private EventTypes(string[] names) => _names = names;

    /// <summary>All of them, those that this version does not know too.</summary>
    public static EventTypes All { get; } = new([]);

    /// <summary>Reads names such as <c>node_lost,run_completed</c>.</summary>
    /// <exception cref="FormatException">One is unknown; the message lists those that there are.</exception>
    public static EventTypes Parse(string text)
    {
        string[] names = text.Split(',');
        return names.Except(EventJson.AllNames, StringComparer.Ordinal).Any()
            ? throw new FormatException($"some of {string.Join(',', EventJson.AllNames)}")
            : new EventTypes(names);
    }

    /// <summary>Whether an event is watched.</summary>
    public bool Include(string name) => _names.Length == 0 || _names.Contains(name, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => _names.Length == 0 ? "all" : string.Join(',', _names);
}
