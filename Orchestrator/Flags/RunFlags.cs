using System.CommandLine;
using TraversalLearning.Data;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Security;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>The flags of a run. <c>centralized</c> and <c>verify</c> take those that concern them.</summary>
internal sealed class RunFlags
{
    /// <summary>The value of a flag that leaves the choice to the run.</summary>
    public const string Auto = "auto";

    // What a Welcome can say, in seconds.
    private const double MaxHeartbeat = 24 * 3600;

    private readonly Flag<int> _numNodes = Flag.Int("--num_nodes", "Number of nodes; their ids are 1 to this", 3, min: 1, max: 100_000);
    private readonly Flag<int> _epochs = Flag.Int("--epochs", "Passes over all samples", 10, min: 1);
    private readonly Flag<int> _batchSize = Flag.Int("--batch_size", "Rows of a virtual batch", 64, min: 1, max: 1 << 24);
    private readonly Flag<LastBatch> _lastBatch = Flag.Choice(
        "--last_batch", "A last, smaller batch of an epoch: kept, or left out", ("keep", LastBatch.Keep), ("drop", LastBatch.Drop));

    private readonly Flag<ulong> _seed = Flag.Seed("--seed", "Seed of initial parameters and shuffles", 1);
    private readonly Flag<string> _model = Flag.Text("--model", $"Model: {string.Join("|", ModelPresets.Names)}, or the path of a file with a description, ending in .json", "mlp");
    private readonly Flag<bool> _relu = Flag.Choice("--activation", "Activations of the mlp; none is the Python reference's stack", ("relu", true), ("none", false));
    private readonly Flag<string> _cut = Flag.Text("--cut", "Last layer on the nodes' side: its number, from 1, or its name; auto for the fastest, by trying", "1");
    private readonly Flag<ElementType> _dtype = Flag.Choice("--dtype", "Element type of parameters and data", ("float32", ElementType.Float32), ("float64", ElementType.Float64));
    private readonly Flag<OptimizerKind> _optimizer = Flag.Choice("--optimizer", "Optimizer", [.. NamedOptimizer.All.Select(o => (o.Name, o.Kind))]);

    private readonly Flag<double?> _lr = Flag.OptionalNumber("--lr", "Learning rate [default: 1.0 adadelta, 0.01 sgd, 0.001 adam and adamw]", min: 0);
    private readonly Flag<ScheduleKind> _schedule = Flag.Choice(
        "--schedule",
        "Learning rate over the epochs: times gamma every --step_size epochs or after --milestones, down a cosine to 0 over --epochs, or the same",
        [.. NamedSchedule.All.Select(s => (s.Name, s.Kind))]);

    private readonly Flag<double> _gamma = Flag.Number("--gamma", "Factor on the learning rate of schedules step and multistep", ScheduleSettings.DefaultGamma, min: 0, max: 1);
    private readonly Flag<int> _stepSize = Flag.Int("--step_size", "Epochs between two steps of schedule step", 1, min: 1);
    private readonly Flag<int[]> _milestones = Flag.Rising("--milestones", "Epochs after which schedule multistep takes a step, such as 3,6");
    private readonly Flag<int> _warmupEpochs = Flag.Int("--warmup_epochs", "Epochs in which the learning rate rises to its value, before the schedule begins", 0, min: 0);
    private readonly Flag<double> _momentum = Flag.Number("--momentum", "Momentum of sgd", 0, min: 0, max: 1);
    private readonly Flag<bool> _nesterov = Flag.Switch("--nesterov", "Nesterov's momentum for sgd");
    private readonly Flag<double> _weightDecay = Flag.Number("--weight_decay", "Weight decay", 0, min: 0);
    private readonly Flag<double> _clipGradNorm = Flag.Number(
        "--clip_grad_norm", "Longest that a step's gradient may be, all of it as one vector; 0 for any length", 0, min: 0);

    private readonly StartFlags _start = new();
    private readonly LossFlags _loss = new();
    private readonly ValidationFlags _validation = new();
    private readonly StopFlags _stop = new();
    private readonly Flag<Augmentation> _augment = Flag.Parsed(
        "--augment",
        "How images are changed at random before each time that they are trained on: crop:n moves them by up to n pixels, flip mirrors every other one",
        Augmentation.None,
        "none|flip|crop:n[,flip]",
        Augmentation.Parse);


    private readonly Flag<string> _dataset = Flag.Text("--dataset", "fashion-mnist, mnist, cifar-10, or a directory (docs/reference/data.md); the orchestrator reads the test set only, with none not even that", "fashion-mnist");
    private readonly Flag<Partition> _partition = Flag.Parsed(
        "--partition",
        $"How nodes deal a common data set out, where it is pooled for comparison: {Partition.Usage}",
        Partition.RoundRobin,
        "name[:number]",
        Partition.Parse);

    private readonly Flag<ulong> _partitionSeed = Flag.Seed("--partition_seed", "Seed of the partition", 1);
    private readonly Flag<string> _device = Flag.Text("--device", "auto, cpu, cuda or cuda:n", "auto");
    private readonly Flag<bool> _noAccel = Flag.Switch("--no-accel", "Stay on the CPU");
    private readonly Flag<int> _threads = Flag.Int(
        "--threads", "Threads for computation; 0 for all cores; results may differ in the last bits with the number", 0, min: 0, max: LibTorch.MaxThreads);

    private readonly Flag<Exchange?> _exchange = Flag.Choice<Exchange?>(
        "--exchange",
        "Round trips of a step: two, one, or three, with which nodes have the layers up to the cut only; auto for the fastest, by trying",
        (ExchangeWords.TwoPhase, Exchange.TwoPhase),
        (ExchangeWords.OnePhase, Exchange.OnePhase),
        (ExchangeWords.Relay, Exchange.Relay),
        (Auto, null));

    private readonly Flag<TraversalOrder> _traversal = Flag.Choice(
        "--traversal", "Visit a batch's nodes at once or one after the other", ("parallel", TraversalOrder.Parallel), ("sequential", TraversalOrder.Sequential));

    private readonly Flag<int> _visitsAtOnce = Flag.Int(
        "--visits_at_once", "How many nodes are visited at once; 0 for as many as have room in 256 MB for parameters and gradients", 0, min: 0, max: 100_000);

    private readonly Flag<int> _microBatchRows = Flag.Int(
        "--micro_batch_rows",
        "Rows of visits next to each other with which the central backward pass begins, while nodes compute the others; 0 to wait for all",
        RunOptions.DefaultMicroBatchRows,
        min: 0,
        max: int.MaxValue);

    private readonly Flag<CompressionMode> _compression = Flag.Choice(
        "--compression", "LZ4 for tensors: where measured to pay, never, or always", ("auto", CompressionMode.Auto), ("none", CompressionMode.None), ("lz4", CompressionMode.Lz4));

    private readonly Flag<bool> _checksums = Flag.Choice("--checksums", "CRC-32C over every tensor that is sent", ("on", true), ("off", false));
    private readonly Flag<string> _host = Flag.Text("--host", "Address to listen on; another than loopback needs TLS and token, or --insecure", "127.0.0.1");
    private readonly Flag<int> _port = Flag.Int("--port", "Port to listen on; 0 for any", 12345, min: 0, max: 65535);
    private readonly Flag<TimeSpan> _connectTimeout = Flag.Seconds("--connect_timeout", "For how long all nodes are waited for at the start", 600);
    private readonly Flag<TimeSpan> _reconnectTimeout = Flag.Seconds("--reconnect_timeout", "For how long a node that was lost is waited for", 120);
    private readonly Flag<OnNodeLoss> _onNodeLoss = Flag.Choice(
        "--on_node_loss",
        "When a node is lost: wait for it, end at once, or go on without its samples (lossy)",
        ("wait", OnNodeLoss.Wait),
        ("abort", OnNodeLoss.Abort),
        ("skip", OnNodeLoss.Skip));

    private readonly Flag<TimeSpan> _taskTimeout = Flag.Seconds("--task_timeout", "How long one task may take a node before its connection counts as lost", 600);
    private readonly Flag<TimeSpan> _heartbeatInterval = Flag.Seconds("--heartbeat_interval", "How often both sides show that they live", 5, MaxHeartbeat);
    private readonly Flag<TimeSpan> _heartbeatTimeout = Flag.Seconds("--heartbeat_timeout", "After what silence a side counts as dead", 30, MaxHeartbeat);
    private readonly SecurityFlags _security = SecurityFlags.ForOrchestrator();
    private readonly Flag<bool> _allowAnyRange = Flag.Switch("--allow_any_range", "Take nodes whose numbers are a hundred times as large as those of others");
    private readonly Flag<bool> _allowNonFinite = Flag.Switch("--allow_nonfinite", "Go on when a loss or a node's reply is NaN or infinite");
    private readonly Flag<bool> _allowLossy = Flag.Switch(
        "--allow_lossy", "Train also where layers, cut and exchange do not give the gradient of centralized training");

    private readonly Flag<int> _checkpointEvery = Flag.Int("--checkpoint_every", "Steps between two checkpoints; 0 for one after every epoch", 0, min: 0);
    private readonly Flag<int> _keepCheckpoints = Flag.Int("--keep_checkpoints", "How many checkpoints are kept", 3, min: 1);
    private readonly Flag<bool> _logSteps = Flag.Switch("--log_steps", "A row of metrics.csv for every step");

    private readonly MethodFlags _method = new();

    /// <summary>A run to go on with.</summary>
    public Flag<string?> Resume { get; } = Flag.OptionalText(
        "--resume", "Go on with an interrupted run: its folder, one of its checkpoints, or latest; flags that are not given are as they were");

    /// <summary>The run folder.</summary>
    public Flag<string?> Output { get; } = Flag.OptionalText("--output", "Run folder [default: runs/<time>]");

    /// <summary>How a run is looked at while it goes on.</summary>
    public ObservationFlags Observation { get; } = new();

    /// <summary>Whether the log has debug events.</summary>
    public Flag<bool> Verbose { get; } = Flag.Switch("--verbose", "Debug events in the log");

    /// <summary>Where a run listens and whom it lets in: for nodes that are not its own.</summary>
    public IReadOnlyList<Option> ListeningOptions => [_host.Option, _port.Option, .. _security.Options];

    /// <summary>All that a run takes: the orchestrator's own command.</summary>
    public void AddRunTo(Command command)
    {
        AddCommonTo(command);
        AddEpochsTo(command);
        AddFolderTo(command);
        AddTraversalTo(command);
        AddNetworkTo(command);
        AddMethodTo(command);
    }

    /// <summary>What every command that computes takes.</summary>
    public void AddCommonTo(Command command)
    {
        Add(
            command,
            [_numNodes.Option,
            _batchSize.Option,
            _lastBatch.Option,
            _seed.Option,
            _model.Option,
            _relu.Option,
            .. _start.Options,
            _cut.Option,
            _dtype.Option,
            _optimizer.Option,
            _lr.Option,
            _gamma.Option,
            _momentum.Option,
            _nesterov.Option,
            _weightDecay.Option,
            _clipGradNorm.Option,
            .. _loss.Options,
            _allowNonFinite.Option,
            _allowAnyRange.Option,
            _augment.Option,
            _dataset.Option,
            _partition.Option,
            _partitionSeed.Option,
            _device.Option,
            _noAccel.Option,
            _threads.Option]);
    }

    /// <summary>What dealing a data set out takes.</summary>
    public void AddPartitionTo(Command command) => Add(command, _dataset.Option, _partition.Option, _partitionSeed.Option, _numNodes.Option);

    /// <summary>What runs of whole epochs take.</summary>
    public void AddEpochsTo(Command command) => Add(
        command,
        [_epochs.Option,
        _schedule.Option,
        _stepSize.Option,
        _milestones.Option,
        _warmupEpochs.Option,
        .. _validation.Options,
        .. _stop.Options,
        _checkpointEvery.Option,
        _keepCheckpoints.Option,
        _logSteps.Option,
        Verbose.Option]);

    /// <summary>Where a run's results go, and what it goes on from.</summary>
    public void AddFolderTo(Command command) => Add(command, Output.Option, Resume.Option);

    /// <summary>What changes how nodes are visited.</summary>
    public void AddTraversalTo(Command command) =>
        Add(command, _exchange.Option, _traversal.Option, _visitsAtOnce.Option, _microBatchRows.Option, _compression.Option, _checksums.Option, _allowLossy.Option);

    /// <summary>What a run over the network takes.</summary>
    public void AddNetworkTo(Command command) => Add(
        command,
        [_host.Option,
        _port.Option,
        _connectTimeout.Option,
        _reconnectTimeout.Option,
        _onNodeLoss.Option,
        _taskTimeout.Option,
        _heartbeatInterval.Option,
        _heartbeatTimeout.Option,
        .. _security.Options]);

    /// <summary>What a run over the network takes beside: how it is trained.</summary>
    public void AddMethodTo(Command command) => Add(command, [.. _method.Options]);

    /// <summary>Whether an algorithm takes a flag: those of other methods do not belong into its command line.</summary>
    /// <param name="algorithm">Which.</param>
    /// <param name="flag">The flag's first name.</param>
    /// <param name="given">All flags that there are, it among them.</param>
    public bool Takes(Algorithm algorithm, string flag, IReadOnlyCollection<string> given) => _method.Takes(algorithm, flag, given);

    /// <summary>What only some methods take; among what <see cref="AddMethodTo"/> adds.</summary>
    public void AddMethodsTo(Command command) => Add(command, [.. _method.MethodOptions]);

    /// <summary>For how long nodes are waited for, and what becomes of a run that loses one; among what <see cref="AddNetworkTo"/> adds.</summary>
    public void AddDeadlinesTo(Command command) => Add(
        command, _connectTimeout.Option, _reconnectTimeout.Option, _onNodeLoss.Option, _taskTimeout.Option, _heartbeatInterval.Option, _heartbeatTimeout.Option);

    /// <summary>As <see cref="ReadNetworked"/>, or <see cref="ReadCentralized"/> where the flags name that.</summary>
    /// <exception cref="UserErrorException">Values that do not go together, or with the method.</exception>
    public RunOptions ReadRun(ParseResult result) =>
        _method.Algorithm.Get(result) == Algorithm.Centralized ? ReadCentralized(result) : ReadNetworked(result);

    /// <summary>As <see cref="Read"/>, for centralized training.</summary>
    /// <exception cref="UserErrorException">Values that do not go together.</exception>
    public RunOptions ReadCentralized(ParseResult result)
    {
        RunOptions options = Read(result) with { Algorithm = Algorithm.Centralized };
        NeededDataset.Require(options.Dataset, "centralized");
        return options;
    }

    /// <summary>As <see cref="Read"/>, with what the method over the network makes of it.</summary>
    /// <exception cref="UserErrorException">Values that do not go together, or with the method.</exception>
    public RunOptions ReadNetworked(ParseResult result)
    {
        RunOptions options = _method.Apply(Read(result), result);
        ValidationFlags.RequireOnNodes(options);
        ValidationFlags.RequireFigures(options);
        return options;
    }

    /// <summary>Reads and validates; flags that the command does not have keep their defaults.</summary>
    /// <exception cref="UserErrorException">Values that do not go together.</exception>
    public RunOptions Read(ParseResult result)
    {
        ModelDescription model;
        bool fromFile = DescriptionFile.IsPath(_model.Get(result));
        bool sizedByData = string.Equals(_model.Get(result), ModelPresets.SizedByData, StringComparison.Ordinal);
        bool anyCut = string.Equals(_cut.Get(result), Auto, StringComparison.Ordinal);
        int cut;
        try
        {
            model = fromFile ? DescriptionFile.Read(_model.Get(result))
                : sizedByData ? ModelPresets.Tabular(features: 1, TableLimits.MaxCategories) // Of the size of the largest until it is known.
                : ModelPresets.Create(_model.Get(result), _relu.Get(result));
            cut = anyCut ? model.Cuts.First() : model.ParseCut(_cut.Get(result));
        }
        catch (ModelException e)
        {
            throw new UserErrorException(ExitCode.Usage, e.Message, e);
        }

        RequireBatchFits(_batchSize.Get(result), model, cut, _dtype.Get(result));
        var optimizer = new OptimizerSettings(
            _optimizer.Get(result),
            _lr.Get(result),
            _momentum.Get(result),
            _nesterov.Get(result),
            _weightDecay.Get(result),
            _clipGradNorm.Get(result))
        {
            Schedule = ReadSchedule(result),
        };
        if ((optimizer.Momentum > 0 || optimizer.Nesterov) && optimizer.Kind != OptimizerKind.Sgd)
        {
            throw new UserErrorException(ExitCode.Usage, "--momentum and --nesterov belong to --optimizer sgd");
        }

        if (optimizer.Nesterov && optimizer.Momentum == 0)
        {
            throw new UserErrorException(ExitCode.Usage, "--nesterov needs a --momentum above 0");
        }

        TimeSpan interval = _heartbeatInterval.Get(result);
        TimeSpan timeout = _heartbeatTimeout.Get(result);
        if (timeout < 2 * interval)
        {
            throw new UserErrorException(ExitCode.Usage, "--heartbeat_timeout must be at least twice --heartbeat_interval");
        }

        string host = _host.Get(result);
        var options = new RunOptions
        {
            NumNodes = _numNodes.Get(result),
            Epochs = _epochs.Get(result),
            BatchSize = _batchSize.Get(result),
            LastBatch = _lastBatch.Get(result),
            Seed = _seed.Get(result),
            Model = model,
            ModelFromFile = fromFile,
            SizedByData = sizedByData,
            Start = _start.Read(result, Resume.Get(result) is not null),
            Cut = cut,
            AnyCut = anyCut,
            ElementType = _dtype.Get(result),
            Optimizer = optimizer,
            Loss = _loss.Read(result, sizedByData ? null : model),
            Augmentation = _augment.Get(result),
            Dataset = _dataset.Get(result),
            Partition = _partition.Get(result),
            PartitionSeed = _partitionSeed.Get(result),
            Device = _device.Get(result),
            NoAccelerator = _noAccel.Get(result),
            Threads = _threads.Get(result),
            Exchange = _exchange.Get(result) ?? Exchange.TwoPhase,
            AnyExchange = _exchange.Get(result) is null,
            Traversal = _traversal.Get(result),
            VisitsAtOnce = _visitsAtOnce.Get(result),
            MicroBatchRows = _microBatchRows.Get(result),
            Compression = _compression.Get(result),
            Checksums = _checksums.Get(result),
            Host = host,
            Port = _port.Get(result),
            ConnectTimeout = _connectTimeout.Get(result),
            ReconnectTimeout = _reconnectTimeout.Get(result),
            TaskTimeout = _taskTimeout.Get(result),
            HeartbeatInterval = interval,
            HeartbeatTimeout = timeout,
            Security = _security.ReadOrchestrator(result, host),
            AllowNonFinite = _allowNonFinite.Get(result),
            AllowAnyRange = _allowAnyRange.Get(result),
            AllowLossy = _allowLossy.Get(result),
            OnNodeLoss = _onNodeLoss.Get(result),
            CheckpointEvery = _checkpointEvery.Get(result),
            KeepCheckpoints = _keepCheckpoints.Get(result),
            Output = Output.Get(result),
            LogSteps = _logSteps.Get(result),
            Verbose = Verbose.Get(result),
        };
        return options.Augmentation.Misfit(model) is { } misfit ? throw new UserErrorException(ExitCode.Usage, misfit)
            : _validation.Apply(options with { Stop = _stop.Read(result, options.Loss) }, result);
    }

    private ScheduleSettings ReadSchedule(ParseResult result)
    {
        var schedule = new ScheduleSettings(_schedule.Get(result), _gamma.Get(result), _stepSize.Get(result), _epochs.Get(result), _warmupEpochs.Get(result))
        {
            Milestones = _milestones.Get(result),
        };
        string? wrong = schedule switch
        {
            { StepSize: not 1, Kind: not ScheduleKind.Step } => "--step_size belongs to --schedule step",
            { Milestones.Count: > 0, Kind: not ScheduleKind.MultiStep } => "--milestones belongs to --schedule multistep",
            { Milestones.Count: 0, Kind: ScheduleKind.MultiStep } => "--schedule multistep needs --milestones, such as 3,6",
            { Gamma: not ScheduleSettings.DefaultGamma, Kind: ScheduleKind.Cosine or ScheduleKind.Constant } => "--gamma belongs to --schedule step and multistep",
            { Kind: ScheduleKind.Cosine } when schedule.WarmupEpochs >= schedule.Epochs =>
                $"--schedule cosine needs more --epochs than --warmup_epochs, not {schedule.Epochs} and {schedule.WarmupEpochs}",
            _ => null,
        };
        return wrong is null ? schedule : throw new UserErrorException(ExitCode.Usage, wrong);
    }

    /// <summary>A batch's activations are one tensor of at most 2 GiB.</summary>
    private static void RequireBatchFits(int rows, ModelDescription model, int cut, ElementType type)
    {
        long perRow = model.RowBytesBehind(cut, type);
        if (rows > int.MaxValue / perRow)
        {
            throw new UserErrorException(
                ExitCode.Usage,
                $"--batch_size {rows}: behind layer {model.Layers[cut - 1].Name} a row takes {perRow} bytes, so that a batch has at most {int.MaxValue / perRow} rows");
        }
    }

    private static void Add(Command command, params ReadOnlySpan<Option> options)
    {
        foreach (Option option in options)
        {
            command.Options.Add(option);
        }
    }
}
