using TraversalLearning.Messages;

namespace TraversalLearning.Nodes.Agents;

/// <summary>What a staying node does at a hub, at one moment.</summary>
/// <param name="Hub">The hub's name.</param>
/// <param name="NodeId">The node's id there.</param>
/// <param name="Phase">What the node does.</param>
/// <param name="Since">When that began.</param>
/// <param name="Reason">Why the last connection ended or was refused; empty if there is none.</param>
public sealed record HubStatus(string Hub, int NodeId, HubPhase Phase, DateTimeOffset Since, string Reason = "")
{
    /// <summary>The session; <see langword="null"/> outside of one.</summary>
    public string? Session { get; init; }

    /// <summary>The last step of the session to which the node sent something.</summary>
    public StepId? Step { get; init; }

    /// <summary>Runs that the hub has ended since the program started.</summary>
    public int Runs { get; init; }

    /// <summary>Bytes of messages sent since the program started, without heartbeats.</summary>
    public long BytesSent { get; init; }
}
