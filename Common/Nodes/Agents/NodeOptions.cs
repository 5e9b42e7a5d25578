using TraversalLearning.Data.Partitions;
using TraversalLearning.Security;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes.Agents;

/// <summary>How a node runs.</summary>
/// <param name="NodeId">From 1.</param>
/// <param name="Host">The orchestrator's host name or address.</param>
/// <param name="Port">The orchestrator's port.</param>
/// <param name="Device">Where to compute.</param>
/// <param name="Encoding">How what it sends is encoded.</param>
/// <param name="ConnectTimeout">For how long to try to reach the orchestrator before giving up; <see langword="null"/>: for ever.</param>
public sealed record NodeOptions(
    int NodeId, string Host, int Port, Device Device, TensorEncodingOptions Encoding, TimeSpan? ConnectTimeout = null)
{
    /// <summary>The most memory that a model may take: parameters, and the activations of one visit.</summary>
    public long MaxModelBytes { get; init; } = ModelMemory.DefaultLimit;

    /// <summary>What the node says of itself when it is asked. Where it is one of several in a process, its shard says it.</summary>
    public NodeMetadata Metadata { get; init; } = NodeMetadata.None;

    /// <summary>How the common set is dealt out that it takes its part of, and how many samples that has; likewise.</summary>
    public (Dealing How, int Samples)? Dealt { get; init; }

    /// <summary>How the orchestrator is told from an impostor, and how this node shows who it is.</summary>
    public NodeSecurity Security { get; init; } = NodeSecurity.None;

    /// <summary>How long the handshake may take this side, TLS included.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = ConnectionOptions.DefaultHandshakeTimeout;
}
