namespace TraversalLearning.Orchestration.Events;

/// <summary>
/// Read access to a run in progress, thread-safe. Each part is <see langword="null"/> until its owner sets it; nothing
/// is computed until it is called.
/// </summary>
internal sealed class RunProbe
{
    private volatile Func<IReadOnlyList<NodeReading>>? _nodes;
    private volatile Func<int, NodeSpeed>? _speedOf;
    private volatile Func<RunMeters>? _meters;
    private volatile bool _wantsTraces;

    /// <summary>State of the connections of nodes 1, 2, ….</summary>
    public Func<IReadOnlyList<NodeReading>>? Nodes
    {
        get => _nodes;
        set => _nodes = value;
    }

    /// <summary>Measured speed of a node.</summary>
    public Func<int, NodeSpeed>? SpeedOf
    {
        get => _speedOf;
        set => _speedOf = value;
    }

    /// <summary>Time and traffic of the run so far.</summary>
    public Func<RunMeters>? Meters
    {
        get => _meters;
        set => _meters = value;
    }

    /// <summary>Whether an observer requests traces of rounds.</summary>
    public bool WantsTraces
    {
        get => _wantsTraces;
        set => _wantsTraces = value;
    }
}
