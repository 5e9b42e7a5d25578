using TraversalLearning.Data;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Records;
using TraversalLearning.Security;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes.Agents;

/// <summary>Settings of a node.</summary>
/// <param name="NodeId">The node's id, from 1.</param>
/// <param name="Host">The orchestrator's host name or address.</param>
/// <param name="Port">The orchestrator's port.</param>
/// <param name="Device">Device to compute on.</param>
/// <param name="Encoding">How sent tensors are encoded.</param>
/// <param name="ConnectTimeout">How long to retry connecting before giving up; <see langword="null"/>: forever.</param>
public sealed record NodeOptions(
    int NodeId, string Host, int Port, Device Device, TensorEncodingOptions Encoding, TimeSpan? ConnectTimeout = null)
{
    /// <summary>Memory limit for a model: parameters, and the activations of one visit.</summary>
    public long MaxModelBytes { get; init; } = ModelMemory.DefaultLimit;

    /// <summary>Metadata that the node reports. With several nodes in a process, each shard has its own.</summary>
    public NodeMetadata Metadata { get; init; } = NodeMetadata.None;

    /// <summary>The partition of the common data set, and that set's size. With several nodes in a process, each shard has its own.</summary>
    public (Dealing How, int Samples)? Dealt { get; init; }

    /// <summary>How the node authenticates the orchestrator, and itself.</summary>
    public NodeSecurity Security { get; init; } = NodeSecurity.None;

    /// <summary>The proxy to connect through; <see langword="null"/> for none.</summary>
    public HttpProxy? Proxy { get; init; }

    /// <summary>An observer of the node's connections; <see langword="null"/> for none.</summary>
    public StreamTap? Tap { get; init; }

    /// <summary>Is told of every frame before it leaves the node, and may refuse it; <see langword="null"/> for none.</summary>
    public IOutgoingFrames? Outgoing { get; init; }

    /// <summary>The record of what leaves the node, one for all nodes of the process; <see langword="null"/> for none.</summary>
    public OutgoingRecord? Record { get; init; }

    /// <summary>Is told that the orchestrator has admitted the node to a session, before that begins; <see langword="null"/> for none.</summary>
    public Action<Connection, OrchestratorAnswer>? Admitted { get; init; }

    /// <summary>
    /// Folder in which a blind run keeps the run's key and the model; <see langword="null"/> to keep neither beyond the process.
    /// With several nodes in a process, each has a folder of its own in it.
    /// </summary>
    public string? StateFolder { get; init; }

    /// <summary>Whether a blind run is refused without <see cref="StateFolder"/>: its key and its model would end with the process.</summary>
    public bool RequiresState { get; init; }

    /// <summary>What the node agrees to take part in.</summary>
    public PolicySource Policy { get; init; } = PolicySource.Default;

    /// <summary>The clock of the policy.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Reads a node's test samples, for the evaluation of a blind run; <see langword="null"/> if it has none.</summary>
    public Func<int, SampleSet?> Test { get; init; } = static _ => null;

    /// <summary>Time limit for the handshake on this side, TLS included.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = ConnectionOptions.DefaultHandshakeTimeout;
}
