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

/// <summary>
/// All options of a run, validated, with their defaults. <c>Flags</c> declares the corresponding flags.
/// </summary>
internal sealed record RunOptions
{
    /// <summary>
    /// The <see cref="Dataset"/> value for no data set on the orchestrator; a folder of that name is <c>./none</c>.
    /// </summary>
    public const string NoDataset = "none";

    /// <summary>Minimum rows of a micro-batch for which the overlap gains more than the extra passes cost.</summary>
    public const int DefaultMicroBatchRows = 128;

    public Algorithm Algorithm { get; init; } = Algorithm.Traversal;

    /// <summary>Options of methods with local training; <see langword="null"/> for the others.</summary>
    public Federation? Federation { get; init; }

    /// <summary>A capability that the method requires of every node; <see langword="null"/> for none.</summary>
    public string? Capability { get; init; }

    /// <summary>
    /// Whether nodes have their own models, exchanged along the edges of <see cref="Federation.Topology"/>.
    /// </summary>
    public bool IsDecentralized { get; init; }

    public int NumNodes { get; init; } = 3;

    public int Epochs { get; init; } = 10;

    public int BatchSize { get; init; } = 64;

    /// <summary>How a smaller last batch of an epoch is handled.</summary>
    public LastBatch LastBatch { get; init; }

    public ulong Seed { get; init; } = 1;

    public ModelDescription Model { get; init; } = ModelPresets.Create("mlp");

    /// <summary>Whether the model was read from a file rather than a preset.</summary>
    public bool ModelFromFile { get; init; }

    /// <summary>
    /// Whether the model takes its sizes from the training tables; until they are known, those of <see cref="Model"/>
    /// are placeholders.
    /// </summary>
    public bool SizedByData { get; init; }

    /// <summary>The starting weights; <see langword="null"/> for random ones.</summary>
    public StartingWeights? Start { get; init; }

    /// <summary>Number of layers in <c>f_N</c>.</summary>
    public int Cut { get; init; } = 1;

    /// <summary>Whether the run chooses its cut; <see cref="Cut"/> is then the first candidate.</summary>
    public bool AnyCut { get; init; }

    /// <summary>Whether the run chooses its exchange.</summary>
    public bool AnyExchange { get; init; }

    public ElementType ElementType { get; init; } = ElementType.Float32;

    public OptimizerSettings Optimizer { get; init; } = new();

    public LossFunction Loss { get; init; } = LossFunction.Default;

    /// <summary>Whether labels are classes.</summary>
    public bool HasClasses => Loss.Outputs != OutputMeaning.Numbers;

    /// <summary>Augmentation of training images; its seed derives from the run's.</summary>
    public Augmentation Augmentation { get; init; } = Augmentation.None;

    /// <summary>The share of samples that each node holds out for validation, from 0 to 1, exclusive.</summary>
    public double ValidationFraction { get; init; }

    /// <summary>Early stopping; <see langword="null"/> for none.</summary>
    public EarlyStopping? EarlyStopping { get; init; }

    /// <summary>Further rules that end the run before its last epoch.</summary>
    public StopRules Stop { get; init; } = StopRules.None;

    /// <summary>Simulated absences and failures of nodes; <see langword="null"/> for real ones only.</summary>
    public Availability? Availability { get; init; }

    public string Dataset { get; init; } = "fashion-mnist";

    /// <summary>Whether the orchestrator has its own test samples.</summary>
    public bool HasTestSet => !string.Equals(Dataset, NoDataset, StringComparison.Ordinal);

    public Partition Partition { get; init; } = Partition.RoundRobin;

    public ulong PartitionSeed { get; init; } = 1;

    /// <summary>How nodes divide a common data set.</summary>
    public Dealing Dealing => new(Partition, NumNodes, PartitionSeed);

    /// <summary>Whether values of different nodes may differ in magnitude.</summary>
    public bool AllowAnyRange { get; init; }

    public string Device { get; init; } = "auto";

    public bool NoAccelerator { get; init; }

    /// <summary>Threads for computation; 0 for all cores.</summary>
    public int Threads { get; init; }

    public Exchange Exchange { get; init; } = Exchange.TwoPhase;

    /// <summary>Bits of the integers in which a blind run adds gradients; 0 for those of the element type.</summary>
    public int SumBits { get; init; }

    /// <summary>Nodes that must have rows in a batch of a blind run.</summary>
    public int MinNodesPerBatch { get; init; } = Nodes.Policies.NodePolicy.DefaultBlindNodes;

    /// <summary>Neighbours of a node in the graph of masks; 0 for all below <see cref="AllMaskedBelow"/> nodes.</summary>
    public int MaskNeighbours { get; init; }

    /// <summary>Steps between comparisons of the nodes' models in a blind run.</summary>
    public int AgreeEvery { get; init; } = 100;

    /// <summary>Whether the orchestrator gets the model of a blind run.</summary>
    public RevealModel RevealModel { get; init; }

    /// <summary>Number of nodes from which on each shares masks with some others only.</summary>
    public const int AllMaskedBelow = 16;

    /// <summary>Neighbours in the graph of masks from there on.</summary>
    public const int DefaultMaskNeighbours = 12;

    public TraversalOrder Traversal { get; init; }

    /// <summary>Number of concurrent visits; 0 for as many as fit in a memory budget.</summary>
    public int VisitsAtOnce { get; init; }

    /// <summary>Minimum rows of the central backward pass; 0 for the whole batch.</summary>
    public int MicroBatchRows { get; init; } = DefaultMicroBatchRows;

    public CompressionMode Compression { get; init; } = CompressionMode.Auto;

    public bool Checksums { get; init; } = true;

    public string Host { get; init; } = "127.0.0.1";

    public int Port { get; init; } = 12345;

    /// <summary>How long to wait for all nodes at the start.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long to wait for a lost node.</summary>
    public TimeSpan ReconnectTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Time limit of one task on a node.</summary>
    public TimeSpan TaskTimeout { get; init; } = TimeSpan.FromMinutes(10);

    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan HeartbeatTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time limit of a handshake; not a flag.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = ConnectionOptions.DefaultHandshakeTimeout;

    /// <summary>How nodes are authenticated.</summary>
    public OrchestratorSecurity Security { get; init; } = OrchestratorSecurity.None;

    /// <summary>Whether NaN and infinity are accepted in replies and losses.</summary>
    public bool AllowNonFinite { get; init; }

    /// <summary>Whether to train even if the result differs from that of centralized training.</summary>
    public bool AllowLossy { get; init; }

    /// <summary>The run folder; <see langword="null"/> for <c>runs/&lt;time&gt;</c>.</summary>
    public string? Output { get; init; }

    /// <summary>How the loss of a node is handled.</summary>
    public OnNodeLoss OnNodeLoss { get; init; }

    /// <summary>Steps between checkpoints; 0 for one after every epoch.</summary>
    public int CheckpointEvery { get; init; }

    /// <summary>Maximum number of checkpoints kept.</summary>
    public int KeepCheckpoints { get; init; } = 3;

    public bool LogSteps { get; init; }

    public bool Verbose { get; init; }

    /// <summary>Creates the encoding of outgoing tensors; one policy per process.</summary>
    public TensorEncodingOptions NewEncoding() => new(new CompressionPolicy(Compression), Checksums);
}
