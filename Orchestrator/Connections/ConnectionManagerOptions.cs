using TraversalLearning.Data;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Security;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>Whom the connection manager waits for, and how.</summary>
/// <param name="Host">Address to bind to.</param>
/// <param name="Port">Port to bind to; 0 for any.</param>
/// <param name="NodeCount">Node ids are from 1 to this.</param>
/// <param name="Setup">What admitted nodes are told; <see langword="null"/> while a run is prepared: they are asked what their tables are like.</param>
/// <param name="Encoding">How what is sent is encoded.</param>
/// <param name="HeartbeatInterval">How often both sides show that they live.</param>
/// <param name="HeartbeatTimeout">After what silence a side counts as dead.</param>
internal sealed record ConnectionManagerOptions(
    string Host,
    int Port,
    int NodeCount,
    TrainingSetup? Setup,
    TensorEncodingOptions Encoding,
    TimeSpan HeartbeatInterval,
    TimeSpan HeartbeatTimeout)
{
    /// <summary>What an admitted node's frames may take.</summary>
    public WireLimits Limits => Setup is null ? WireLimits.Preparation : WireLimits.Session;

    /// <summary>The data of node 1, 2, … where the run is resumed: who has other data is refused.</summary>
    public IReadOnlyList<NodeData> KnownData { get; init; } = [];

    /// <summary>Told of nodes that come and go.</summary>
    public RunEvents Events { get; init; } = new();

    /// <summary>An ability that every node must have; <see langword="null"/> for none.</summary>
    public string? Capability { get; init; }

    /// <summary>Names the run to the nodes, so that one that comes back knows it is still the same.</summary>
    public string Session { get; init; } = Guid.NewGuid().ToString("N");

    /// <summary>
    /// After what silence a connection gives its place to another one of the same node. Whoever lives shows it every interval: with nobody else
    /// at the door there is no hurry, but a node that has come again must not wait for its own remains.
    /// </summary>
    public TimeSpan TakeoverSilence => 2 * HeartbeatInterval < HeartbeatTimeout ? 2 * HeartbeatInterval : HeartbeatTimeout;

    /// <summary>How long a handshake may take, TLS included.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = ConnectionOptions.DefaultHandshakeTimeout;

    /// <summary>Whether nodes are to validate on samples that they keep out of training.</summary>
    public bool Validates { get; init; }

    /// <summary>How nodes that take their part of a common set are to deal it out; <see langword="null"/> for any way.</summary>
    public Dealing? Dealing { get; init; }

    /// <summary>What the orchestrator's own test samples are; <see langword="null"/> if there are none, or they are rows of a table.</summary>
    public SampleTraits? Test { get; init; }

    /// <summary>Whether nodes' numbers may be of any magnitude beside each other.</summary>
    public bool AllowAnyRange { get; init; }

    /// <summary>How nodes are told from strangers.</summary>
    public OrchestratorSecurity Security { get; init; } = OrchestratorSecurity.None;

    /// <summary>As a run's options say.</summary>
    /// <param name="options">The run's.</param>
    /// <param name="setup">What admitted nodes are told, if they are told anything.</param>
    /// <param name="encoding">How what is sent is encoded.</param>
    /// <param name="knownData">The data that node 1, 2, … must have; empty if any will do.</param>
    /// <param name="events">Told of nodes that join and are lost.</param>
    public static ConnectionManagerOptions Of(
        RunOptions options, TrainingSetup? setup, TensorEncodingOptions encoding, IReadOnlyList<NodeData> knownData, RunEvents events) =>
        new(options.Host, options.Port, options.NumNodes, setup, encoding, options.HeartbeatInterval, options.HeartbeatTimeout)
        {
            HandshakeTimeout = options.HandshakeTimeout,
            Security = options.Security,
            KnownData = knownData,
            Capability = options.Capability,
            Validates = setup is not null && options.ValidationFraction > 0,
            Dealing = options.Dealing,
            AllowAnyRange = options.AllowAnyRange,
            Events = events,
        };
}
