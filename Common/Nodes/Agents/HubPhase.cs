namespace TraversalLearning.Nodes.Agents;

/// <summary>What a staying node does at a hub.</summary>
public enum HubPhase
{
    /// <summary>The hub has no run for the node now, or cannot be reached.</summary>
    Waiting,

    /// <summary>The node says what its table is like; the run follows.</summary>
    Preparing,

    /// <summary>The node takes part in a run.</summary>
    Running,

    /// <summary>One side refuses the other until somebody changes a setting.</summary>
    Refused,
}
