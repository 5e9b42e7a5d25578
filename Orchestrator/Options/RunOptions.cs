using TraversalLearning.Data;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options.Topologies;
using TraversalLearning.Security;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Options;

/// <summary>Everything that a run can be told, validated; one flag each.</summary>
internal sealed record RunOptions
{
    /// <summary>The <see cref="Dataset"/> of an orchestrator without one: a folder of that name is <c>./none</c>.</summary>
    public const string NoDataset = "none";

    /// <summary>Rows from which on more passes of a micro-batch cost less than what they gain by overlapping.</summary>
    public const int DefaultMicroBatchRows = 128;

    /// <summary>How it is trained.</summary>
    public Algorithm Algorithm { get; init; } = Algorithm.Traversal;

    /// <summary>What methods take that have nodes train on their own; <see langword="null"/> for the others.</summary>
    public Federation? Federation { get; init; }

    /// <summary>An ability that the method needs of every node; <see langword="null"/> for none.</summary>
    public string? Capability { get; init; }

    /// <summary>Whether nodes have models of their own, which pass along the edges of <see cref="Federation.Topology"/>.</summary>
    public bool IsDecentralized { get; init; }

    public required int NumNodes { get; init; }

    public required int Epochs { get; init; }

    public required int BatchSize { get; init; }

    /// <summary>What becomes of a last, smaller batch of an epoch.</summary>
    public LastBatch LastBatch { get; init; }

    public required ulong Seed { get; init; }

    public required ModelDescription Model { get; init; }

    /// <summary>Whether the model was read from a file, and is no preset.</summary>
    public bool ModelFromFile { get; init; }

    /// <summary>Whether the model's sizes are to be those of the tables that are trained on; <see cref="Model"/> has any until they are known.</summary>
    public bool SizedByData { get; init; }

    /// <summary>What the parameters are at the start; <see langword="null"/> for random ones.</summary>
    public StartingWeights? Start { get; init; }

    /// <summary>Layers of <c>f_N</c>.</summary>
    public required int Cut { get; init; }

    /// <summary>Whether the run is to choose its cut itself; <see cref="Cut"/> is where it begins to look.</summary>
    public bool AnyCut { get; init; }

    /// <summary>Whether the run is to choose its exchange itself.</summary>
    public bool AnyExchange { get; init; }

    public required ElementType ElementType { get; init; }

    public required OptimizerSettings Optimizer { get; init; }

    /// <summary>What is minimised.</summary>
    public LossFunction Loss { get; init; } = LossFunction.Default;

    /// <summary>Whether labels are classes, of which one can be right.</summary>
    public bool HasClasses => Loss.Outputs != OutputMeaning.Numbers;

    /// <summary>How images are changed before they are trained on; its seed is the run's business.</summary>
    public Augmentation Augmentation { get; init; } = Augmentation.None;

    /// <summary>The share of its samples that each node keeps out of training, from 0 to 1, exclusive.</summary>
    public double ValidationFraction { get; init; }

    /// <summary>When the run ends early; <see langword="null"/> for never.</summary>
    public EarlyStopping? EarlyStopping { get; init; }

    /// <summary>What else ends the run before its last epoch.</summary>
    public StopRules Stop { get; init; } = StopRules.None;

    /// <summary>Which nodes are away in a round, or fail; <see langword="null"/> for those that really do.</summary>
    public Availability? Availability { get; init; }

    public required string Dataset { get; init; }

    /// <summary>Whether the orchestrator has samples of its own to evaluate on.</summary>
    public bool HasTestSet => !string.Equals(Dataset, NoDataset, StringComparison.Ordinal);

    public required Partition Partition { get; init; }

    public required ulong PartitionSeed { get; init; }

    /// <summary>How nodes that take their part of a common set are to deal it out.</summary>
    public Dealing Dealing => new(Partition, NumNodes, PartitionSeed);

    /// <summary>Whether parties' numbers may be of any magnitude beside each other.</summary>
    public bool AllowAnyRange { get; init; }

    public required string Device { get; init; }

    public required bool NoAccelerator { get; init; }

    /// <summary>Threads for computation; 0 for all cores.</summary>
    public required int Threads { get; init; }

    public required Exchange Exchange { get; init; }

    public required TraversalOrder Traversal { get; init; }

    /// <summary>How many nodes are visited at once; 0 for as many as fit into a budget of memory.</summary>
    public int VisitsAtOnce { get; init; }

    /// <summary>Rows that the central backward pass takes at least; 0 for the whole batch.</summary>
    public int MicroBatchRows { get; init; } = DefaultMicroBatchRows;

    public required CompressionMode Compression { get; init; }

    public required bool Checksums { get; init; }

    public required string Host { get; init; }

    public required int Port { get; init; }

    /// <summary>For how long all nodes are waited for at the start.</summary>
    public required TimeSpan ConnectTimeout { get; init; }

    /// <summary>For how long a lost node is waited for.</summary>
    public required TimeSpan ReconnectTimeout { get; init; }

    /// <summary>How long one task may take a node.</summary>
    public required TimeSpan TaskTimeout { get; init; }

    public required TimeSpan HeartbeatInterval { get; init; }

    public required TimeSpan HeartbeatTimeout { get; init; }

    /// <summary>How long a handshake may take; no flag.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = ConnectionOptions.DefaultHandshakeTimeout;

    /// <summary>How nodes are told from strangers.</summary>
    public OrchestratorSecurity Security { get; init; } = OrchestratorSecurity.None;

    /// <summary>Whether NaN and infinity in replies, and a loss of them, are taken.</summary>
    public bool AllowNonFinite { get; init; }

    /// <summary>Whether it is trained also where the result is not that of centralized training.</summary>
    public bool AllowLossy { get; init; }

    /// <summary>The run folder; <see langword="null"/> for <c>runs/&lt;time&gt;</c>.</summary>
    public required string? Output { get; init; }

    /// <summary>What becomes of a run when a node is lost.</summary>
    public OnNodeLoss OnNodeLoss { get; init; }

    /// <summary>Steps between two checkpoints; 0 for one after every epoch.</summary>
    public int CheckpointEvery { get; init; }

    /// <summary>How many checkpoints there are at most.</summary>
    public int KeepCheckpoints { get; init; } = 3;

    public required bool LogSteps { get; init; }

    public required bool Verbose { get; init; }

    /// <summary>How what is sent is encoded; one policy for the process.</summary>
    public TensorEncodingOptions NewEncoding() => new(new CompressionPolicy(Compression), Checksums);
}
