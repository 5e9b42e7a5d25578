using TraversalLearning.Data;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Security;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>Settings of the connection manager.</summary>
/// <param name="Host">Address to bind to.</param>
/// <param name="Port">Port to bind to; 0 for any.</param>
/// <param name="NodeCount">Node ids range from 1 to this.</param>
/// <param name="Setup">Sent to admitted nodes; <see langword="null"/> in a session that prepares a run by requesting
/// table statistics.</param>
/// <param name="Encoding">Encoding of outgoing tensors.</param>
/// <param name="HeartbeatInterval">Heartbeat interval of both sides.</param>
/// <param name="HeartbeatTimeout">Silence after which a peer counts as dead.</param>
internal sealed record ConnectionManagerOptions(
    string Host,
    int Port,
    int NodeCount,
    TrainingSetup? Setup,
    TensorEncodingOptions Encoding,
    TimeSpan HeartbeatInterval,
    TimeSpan HeartbeatTimeout)
{
    /// <summary>Limits on the frames of an admitted node.</summary>
    public WireLimits Limits => Setup is null ? WireLimits.Preparation : WireLimits.Session;

    /// <summary>The data of nodes 1, 2, … of a resumed run: a node with other data is refused.</summary>
    public IReadOnlyList<NodeData> KnownData { get; init; } = [];

    /// <summary>Receives events of nodes that connect and are lost.</summary>
    public RunEvents Events { get; init; } = new();

    /// <summary>A capability that every node must have; <see langword="null"/> for none.</summary>
    public string? Capability { get; init; }

    /// <summary>Identifies the run, so that a reconnecting node can tell that it is the same.</summary>
    public string Session { get; init; } = Guid.NewGuid().ToString("N");

    /// <summary>
    /// Silence after which a connection is replaced by a new one of the same node. A live node sends a heartbeat every
    /// interval. Without a competing connection the full timeout applies, but a reconnecting node must not wait for its
    /// own dead connection.
    /// </summary>
    public TimeSpan TakeoverSilence => 2 * HeartbeatInterval < HeartbeatTimeout ? 2 * HeartbeatInterval : HeartbeatTimeout;

    /// <summary>Time limit of a handshake, TLS included.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = ConnectionOptions.DefaultHandshakeTimeout;

    /// <summary>Whether nodes validate on held-out samples.</summary>
    public bool Validates { get; init; }

    /// <summary>How nodes divide a common data set; <see langword="null"/> for no constraint.</summary>
    public Dealing? Dealing { get; init; }

    /// <summary>
    /// Properties of the orchestrator's own test samples; <see langword="null"/> without a test set, or for tables.
    /// </summary>
    public SampleTraits? Test { get; init; }

    /// <summary>Whether nodes' values may differ in magnitude.</summary>
    public bool AllowAnyRange { get; init; }

    /// <summary>How nodes are authenticated.</summary>
    public OrchestratorSecurity Security { get; init; } = OrchestratorSecurity.None;

    /// <summary>The settings of a run.</summary>
    /// <param name="options">The run's.</param>
    /// <param name="setup">Sent to admitted nodes, if anything.</param>
    /// <param name="encoding">Encoding of outgoing tensors.</param>
    /// <param name="knownData">The data that nodes 1, 2, … must have; empty for no constraint.</param>
    /// <param name="events">Receives events of nodes that connect and are lost.</param>
    public static ConnectionManagerOptions Of(
        RunOptions options, TrainingSetup? setup, TensorEncodingOptions encoding, IReadOnlyList<NodeData> knownData, RunEvents events) =>
        new(options.Host, options.Port, options.NumNodes, setup is null ? null : setup with { Terms = TermsOf(options) }, encoding, options.HeartbeatInterval, options.HeartbeatTimeout)
        {
            HandshakeTimeout = options.HandshakeTimeout,
            Security = options.Security,
            KnownData = knownData,
            Capability = options.Capability,
            Validates = setup is not null && !setup.Exchange.Kind().IsBlind && options.ValidationFraction > 0,
            Dealing = options.Dealing,
            AllowAnyRange = options.AllowAnyRange,
            Events = events,
        };

    /// <summary>What nodes are told of a run.</summary>
    public static RunTerms TermsOf(RunOptions options) => new()
    {
        Algorithm = options.Algorithm.Name,
        Nodes = options.NumNodes,
        BatchSize = options.BatchSize,
        Epochs = options.Epochs,

        // With the other federated method, fedsgd, a node takes no steps by itself.
        LocalEpochs = options.Federation is { } federation && options.Capability is not null ? federation.LocalEpochs : null,
        RevealModel = options.RevealModel != RevealModel.Never,
    };
}
