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

/// <summary>Everything that a run can be told, validated, with what holds where it is told nothing. <c>Flags</c> declares how each is told.</summary>
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

    public int NumNodes { get; init; } = 3;

    public int Epochs { get; init; } = 10;

    public int BatchSize { get; init; } = 64;

    /// <summary>What becomes of a last, smaller batch of an epoch.</summary>
    public LastBatch LastBatch { get; init; }

    public ulong Seed { get; init; } = 1;

    public ModelDescription Model { get; init; } = ModelPresets.Create("mlp");

    /// <summary>Whether the model was read from a file, and is no preset.</summary>
    public bool ModelFromFile { get; init; }

    /// <summary>Whether the model's sizes are to be those of the tables that are trained on; <see cref="Model"/> has any until they are known.</summary>
    public bool SizedByData { get; init; }

    /// <summary>What the parameters are at the start; <see langword="null"/> for random ones.</summary>
    public StartingWeights? Start { get; init; }

    /// <summary>Layers of <c>f_N</c>.</summary>
    public int Cut { get; init; } = 1;

    /// <summary>Whether the run is to choose its cut itself; <see cref="Cut"/> is where it begins to look.</summary>
    public bool AnyCut { get; init; }

    /// <summary>Whether the run is to choose its exchange itself.</summary>
    public bool AnyExchange { get; init; }

    public ElementType ElementType { get; init; } = ElementType.Float32;

    public OptimizerSettings Optimizer { get; init; } = new();

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

    public string Dataset { get; init; } = "fashion-mnist";

    /// <summary>Whether the orchestrator has samples of its own to evaluate on.</summary>
    public bool HasTestSet => !string.Equals(Dataset, NoDataset, StringComparison.Ordinal);

    public Partition Partition { get; init; } = Partition.RoundRobin;

    public ulong PartitionSeed { get; init; } = 1;

    /// <summary>How nodes that take their part of a common set are to deal it out.</summary>
    public Dealing Dealing => new(Partition, NumNodes, PartitionSeed);

    /// <summary>Whether parties' numbers may be of any magnitude beside each other.</summary>
    public bool AllowAnyRange { get; init; }

    public string Device { get; init; } = "auto";

    public bool NoAccelerator { get; init; }

    /// <summary>Threads for computation; 0 for all cores.</summary>
    public int Threads { get; init; }

    public Exchange Exchange { get; init; } = Exchange.TwoPhase;

    public TraversalOrder Traversal { get; init; }

    /// <summary>How many nodes are visited at once; 0 for as many as fit into a budget of memory.</summary>
    public int VisitsAtOnce { get; init; }

    /// <summary>Rows that the central backward pass takes at least; 0 for the whole batch.</summary>
    public int MicroBatchRows { get; init; } = DefaultMicroBatchRows;

    public CompressionMode Compression { get; init; } = CompressionMode.Auto;

    public bool Checksums { get; init; } = true;

    public string Host { get; init; } = "127.0.0.1";

    public int Port { get; init; } = 12345;

    /// <summary>For how long all nodes are waited for at the start.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>For how long a lost node is waited for.</summary>
    public TimeSpan ReconnectTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long one task may take a node.</summary>
    public TimeSpan TaskTimeout { get; init; } = TimeSpan.FromMinutes(10);

    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan HeartbeatTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a handshake may take; no flag.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = ConnectionOptions.DefaultHandshakeTimeout;

    /// <summary>How nodes are told from strangers.</summary>
    public OrchestratorSecurity Security { get; init; } = OrchestratorSecurity.None;

    /// <summary>Whether NaN and infinity in replies, and a loss of them, are taken.</summary>
    public bool AllowNonFinite { get; init; }

    /// <summary>Whether it is trained also where the result is not that of centralized training.</summary>
    public bool AllowLossy { get; init; }

    /// <summary>The run folder; <see langword="null"/> for <c>runs/&lt;time&gt;</c>.</summary>
    public string? Output { get; init; }

    /// <summary>What becomes of a run when a node is lost.</summary>
    public OnNodeLoss OnNodeLoss { get; init; }

    /// <summary>Steps between two checkpoints; 0 for one after every epoch.</summary>
    public int CheckpointEvery { get; init; }

    /// <summary>How many checkpoints there are at most.</summary>
    public int KeepCheckpoints { get; init; } = 3;

    public bool LogSteps { get; init; }

    public bool Verbose { get; init; }

    /// <summary>How what is sent is encoded; one policy for the process.</summary>
    public TensorEncodingOptions NewEncoding() => new(new CompressionPolicy(Compression), Checksums);
}
