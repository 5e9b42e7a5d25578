namespace TraversalLearning.Nodes.Agents;

/// <summary>An orchestrator whose runs a node takes part in.</summary>
/// <param name="Name">Its name in logs.</param>
/// <param name="NodeId">The node's id there.</param>
/// <param name="Configure">
/// Adds address, id, security and proxy to the node's settings. Called before every connection, so that renewed certificates are used.
/// </param>
public sealed record Hub(string Name, int NodeId, Func<NodeOptions, NodeOptions> Configure);
