namespace TraversalLearning.Orchestration.Events;

/// <summary>
/// What can be read of a run from outside while it goes on, by any thread at any time. Each part is <see langword="null"/> as long as it is not there. Whoever
/// makes a part puts it here; nothing is computed until somebody asks.
/// </summary>
internal sealed class RunProbe
{
    private volatile Func<IReadOnlyList<NodeReading>>? _nodes;
    private volatile Func<int, NodeSpeed>? _speedOf;
    private volatile Func<RunMeters>? _meters;
    private volatile bool _wantsTraces;

    /// <summary>The connections of node 1, 2, ….</summary>
    public Func<IReadOnlyList<NodeReading>>? Nodes
    {
        get => _nodes;
        set => _nodes = value;
    }

    /// <summary>How fast a node is.</summary>
    public Func<int, NodeSpeed>? SpeedOf
    {
        get => _speedOf;
        set => _speedOf = value;
    }

    /// <summary>What the run has taken so far.</summary>
    public Func<RunMeters>? Meters
    {
        get => _meters;
        set => _meters = value;
    }

    /// <summary>Whether somebody wants rounds to be traced now and then.</summary>
    public bool WantsTraces
    {
        get => _wantsTraces;
        set => _wantsTraces = value;
    }
}
