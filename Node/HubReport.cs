using TraversalLearning.Nodes.Agents;

namespace TraversalLearning.NodeDaemon;

/// <summary>What a staying node says of an orchestrator.</summary>
/// <param name="Name">The folder in <c>--keys</c>, or host and port.</param>
/// <param name="NodeId">The node's id there.</param>
/// <param name="State"><c>waiting</c>, <c>preparing</c>, <c>running</c> or <c>refused</c>.</param>
/// <param name="Since">When that began.</param>
/// <param name="Reason">Why the last connection ended or was refused; empty if there is none.</param>
/// <param name="Session">The session; <see langword="null"/> outside of one.</param>
/// <param name="Epoch">The session's epoch.</param>
/// <param name="Batch">The batch or round in the epoch, from 0.</param>
/// <param name="Runs">Runs that ended since the program started.</param>
/// <param name="BytesSent">Bytes of messages sent since then, without heartbeats.</param>
internal sealed record HubReport(
    string Name, int NodeId, string State, DateTimeOffset Since, string Reason, string? Session, int? Epoch, int? Batch, int Runs, long BytesSent)
{
    /// <summary>The state of an orchestrator that refuses this node, or that it refuses.</summary>
    public const string Refused = "refused";

    /// <summary>The report of a hub.</summary>
    public static HubReport Of(HubStatus hub) => new(
        hub.Hub, hub.NodeId, Word(hub.Phase), hub.Since, hub.Reason, hub.Session, hub.Step?.Epoch, hub.Step?.Batch, hub.Runs, hub.BytesSent);

    private static string Word(HubPhase phase) => phase switch
    {
        HubPhase.Preparing => "preparing",
        HubPhase.Running => "running",
        HubPhase.Refused => Refused,
        _ => "waiting",
    };
}
