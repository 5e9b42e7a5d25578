using TraversalLearning.Data;
using TraversalLearning.Data.Datasets;
using TraversalLearning.Data.Formats;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Methods;
using TraversalLearning.Security;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Support;

/// <summary>What a test says of its cluster; everything else has a small default.</summary>
internal sealed record ClusterOptions
{
    /// <summary>8×8 images in, ten classes out.</summary>
    public static ModelDescription SmallMlp { get; } = ModelPresets.Mlp([64, 24, 16, 10]);

    /// <summary>12×12 images in, four classes out, every kind of layer.</summary>
    public static ModelDescription SmallCnn { get; } = new(
        "small cnn",
        [1, 12, 12],
        4,
        [
            new Conv2dLayer("conv1", 1, 4, Kernel: 3, Padding: 1),
            new ReluLayer("relu1"),
            new Conv2dLayer("conv2", 4, 6, Kernel: 3, Stride: 2),
            new MaxPool2dLayer("pool", Kernel: 2),
            new FlattenLayer("flatten"),
            new LinearLayer("fc1", 24, 8),
            new ReluLayer("relu2"),
            new LinearLayer("fc2", 8, 4),
        ]);

    /// <summary>Samples of node 1, 2, …</summary>
    public int[] Shards { get; init; } = [20, 7, 33];

    /// <summary>As <c>--algorithm</c> spells it.</summary>
    public string Algorithm { get; init; } = "tl";

    /// <summary>For methods that have nodes train on their own.</summary>
    public Federation Federation { get; init; } = new();

    public ModelDescription Model { get; init; } = SmallMlp;

    /// <summary>As <c>--init</c> takes it.</summary>
    public StartingWeights? Start { get; init; }

    public string Cut { get; init; } = "1";

    public ElementType Type { get; init; } = ElementType.Float32;

    public Exchange Exchange { get; init; } = Exchange.TwoPhase;

    public TraversalOrder Order { get; init; } = TraversalOrder.Parallel;

    public int VisitsAtOnce { get; init; }

    /// <summary>So few that small batches have several micro-batches.</summary>
    public int MicroBatchRows { get; init; } = 3;

    public CompressionMode Compression { get; init; } = CompressionMode.None;

    public bool Checksums { get; init; } = true;

    public int BatchSize { get; init; } = 8;

    public LastBatch LastBatch { get; init; }

    public ulong Seed { get; init; } = 1;

    public OptimizerSettings Optimizer { get; init; } = new();

    public LossFunction Loss { get; init; } = LossFunction.Default;

    public Augmentation Augmentation { get; init; } = Augmentation.None;

    public double ValidationFraction { get; init; }

    public EarlyStopping? EarlyStopping { get; init; }

    public TimeSpan ReconnectTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan TaskTimeout { get; init; } = TimeSpan.FromSeconds(60);

    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan HeartbeatTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long the test may take.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>Whether the log keeps debug events.</summary>
    public bool DebugLog { get; init; } = true;

    /// <summary>Of both sides.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = ConnectionOptions.DefaultHandshakeTimeout;

    public bool AllowNonFinite { get; init; }

    /// <summary>How the orchestrator tells nodes from strangers.</summary>
    public OrchestratorSecurity Security { get; init; } = OrchestratorSecurity.None;

    /// <summary>How each node shows who it is.</summary>
    public Func<int, NodeSecurity> NodeSecurity { get; init; } = _ => TraversalLearning.Security.NodeSecurity.None;

    public OnNodeLoss OnNodeLoss { get; init; }

    public StopRules Stop { get; init; } = StopRules.None;

    /// <summary>As <c>--availability</c> spells it.</summary>
    public string? Availability { get; init; }

    /// <summary>With the blind exchange: whether the orchestrator gets the model at the end.</summary>
    public RevealModel Reveal { get; init; } = RevealModel.End;

    /// <summary>Is told of every frame that leaves a node.</summary>
    public Func<int, IOutgoingFrames?> Outgoing { get; init; } = _ => null;

    /// <summary>What a node agrees to.</summary>
    public Func<int, PolicySource> Policy { get; init; } = _ => new PolicySource(NodePolicy.Permissive);

    /// <summary>With the blind exchange: nodes that must have rows in a batch.</summary>
    public int MinNodesPerBatch { get; init; } = 1;

    /// <summary>All nodes' samples, instead of synthetic ones as many as <see cref="Shards"/> say.</summary>
    public SampleSet? Images { get; init; }

    /// <summary>Which of them each node holds, instead of <see cref="Shards"/> consecutive ones.</summary>
    public int[][]? Partition { get; init; }

    public SampleSet EffectiveImages => Images ?? Synthetic.Images(
        Shards.Sum(), side: (int)Math.Sqrt(Model.InputShape.Aggregate(1L, (a, b) => a * b)), classes: Model.ClassCount);

    /// <summary>Samples like the nodes', for evaluations; <see langword="null"/> if a test has its own.</summary>
    public SampleSet? TestImages => Images is not null ? null : Synthetic.Images(30, (int)Math.Sqrt(Model.InputShape.Aggregate(1L, (a, b) => a * b)), Model.ClassCount, seed: 8);

    public int[][] EffectivePartition => Partition ?? Synthetic.Partition(Shards);

    /// <summary>The run that the programs would make of these options.</summary>
    public RunContext NewContext()
    {
        Algorithm algorithm = TrainingMethods.Parse(Algorithm);
        MethodKind? kind = algorithm == Orchestration.Options.Algorithm.Centralized ? null : TrainingMethods.Of(algorithm);
        var options = new RunOptions
        {
            Algorithm = algorithm,
            Federation = kind?.IsFederated == true ? Federation : null,
            Capability = kind?.Capability,
            IsDecentralized = kind?.IsDecentralized == true,
            NumNodes = EffectivePartition.Length,
            Epochs = 1,
            BatchSize = BatchSize,
            LastBatch = LastBatch,
            Seed = Seed,
            Model = Model,
            Start = Start,
            Cut = Model.ParseCut(Cut),
            ElementType = Type,
            Optimizer = Optimizer,
            Loss = Loss,
            Augmentation = Augmentation,
            ValidationFraction = ValidationFraction,
            EarlyStopping = EarlyStopping,
            Stop = Stop,
            Availability = Availability is null ? null : Orchestration.Options.Topologies.Availability.Read(Availability, EffectivePartition.Length, Federation.Groups, Seed),
            Dataset = "synthetic",
            Partition = TraversalLearning.Data.Partitions.Partition.RoundRobin,
            PartitionSeed = 1,
            Device = "cpu",
            NoAccelerator = true,
            Threads = 1,
            Exchange = Exchange,
            MinNodesPerBatch = MinNodesPerBatch,
            AgreeEvery = 3,
            RevealModel = Exchange == Exchange.Blind ? Reveal : RevealModel.Never,
            Traversal = Order,
            VisitsAtOnce = VisitsAtOnce,
            MicroBatchRows = MicroBatchRows,
            Compression = Compression,
            Checksums = Checksums,
            Host = "127.0.0.1",
            Port = 0,
            ConnectTimeout = TimeSpan.FromSeconds(60),
            ReconnectTimeout = ReconnectTimeout,
            TaskTimeout = TaskTimeout,
            OnNodeLoss = OnNodeLoss,
            HeartbeatInterval = HeartbeatInterval,
            HeartbeatTimeout = HeartbeatTimeout,
            HandshakeTimeout = HandshakeTimeout,
            Security = Security,
            AllowNonFinite = AllowNonFinite,
            Output = null,
            LogSteps = false,
            Verbose = false,
            AllowLossy = true,
        };
        options = kind?.Adapt(options) ?? options;
        var setup = new TrainingSetup(Model, options.Cut, Type, options.Exchange, new Normalisation(0.5, 0.5)) 
        {
            Loss = Loss,
            Augmentation = Augmentation.IsNone ? Augmentation : Augmentation.OfRun(Seed),
        };
        var files = new DatasetFiles
        {
            Info = new DatasetInfo("synthetic", 0.5, 0.5, Model.ClassCount),
            Directory = "none",
            Format = new IdxFormat(),
        };
        return new RunContext(options, files, setup, CPU);
    }
}
