using System.CommandLine;
using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Scheduling;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Cli;

/// <summary>The flags of a run. <c>centralized</c> and <c>verify</c> take those that concern them.</summary>
internal sealed class RunFlags
{
    private readonly Option<int> _numNodes = Flag.Int("--num_nodes", "Number of nodes; their ids are 1 to this", 3, min: 1, max: 100_000);
    private readonly Option<int> _epochs = Flag.Int("--epochs", "Passes over all samples", 10, min: 1);
    private readonly Option<int> _batchSize = Flag.Int("--batch_size", "Rows of a virtual batch", 64, min: 1, max: 1 << 24);
    private readonly Option<ulong> _seed = Flag.Seed("--seed", "Seed of initial parameters and shuffles", 1);
    private readonly Option<string> _model = Flag.Text("--model", $"Model: {string.Join("|", ModelPresets.Names)}", "mlp");
    private readonly Option<bool> _relu = Flag.Choice("--activation", "Activations of the mlp; none is the Python reference's stack", ("relu", true), ("none", false));
    private readonly Option<string> _cut = Flag.Text("--cut", "Last layer on the nodes' side: its number, from 1, or its name", "1");
    private readonly Option<ElementType> _dtype = Flag.Choice("--dtype", "Element type of parameters and data", ("float32", ElementType.Float32), ("float64", ElementType.Float64));
    private readonly Option<OptimizerKind> _optimizer = Flag.Choice(
        "--optimizer",
        "Optimizer",
        ("adadelta", OptimizerKind.Adadelta),
        ("sgd", OptimizerKind.Sgd),
        ("adam", OptimizerKind.Adam),
        ("adamw", OptimizerKind.AdamW));

    private readonly Option<double?> _lr = Flag.OptionalNumber("--lr", "Learning rate [default: 1.0 adadelta, 0.01 sgd, 0.001 adam and adamw]", min: 0);
    private readonly Option<double> _gamma = Flag.Number("--gamma", "Factor on the learning rate after every epoch (StepLR)", 0.7, min: 0, max: 1);
    private readonly Option<double> _momentum = Flag.Number("--momentum", "Momentum of sgd", 0, min: 0, max: 1);
    private readonly Option<bool> _nesterov = Flag.Switch("--nesterov", "Nesterov's momentum for sgd");
    private readonly Option<double> _weightDecay = Flag.Number("--weight_decay", "Weight decay", 0, min: 0);
    private readonly Option<string> _dataset = Flag.Text("--dataset", "fashion-mnist, mnist, or a directory with IDX files; the orchestrator reads the test set only", "fashion-mnist");
    private readonly Option<PartitionKind> _partition = Flag.Choice(
        "--partition", "How nodes deal a common data set out, where it is pooled for comparison", ("round_robin", PartitionKind.RoundRobin), ("iid", PartitionKind.Iid));

    private readonly Option<ulong> _partitionSeed = Flag.Seed("--partition_seed", "Seed of the iid partition", 1);
    private readonly Option<string> _device = Flag.Text("--device", "auto, cpu, cuda or cuda:n", "auto");
    private readonly Option<bool> _noAccel = Flag.Switch("--no-accel", "Stay on the CPU");
    private readonly Option<int> _threads = Flag.Int("--threads", "Threads for computation; 0 for all cores", 0, min: 0, max: 1024);
    private readonly Option<Exchange> _exchange = Flag.Choice("--exchange", "Round trips of a step: two, or one", ("two_phase", Exchange.TwoPhase), ("one_phase", Exchange.OnePhase));
    private readonly Option<TraversalOrder> _traversal = Flag.Choice(
        "--traversal", "Visit a batch's nodes all at once or one after the other", ("parallel", TraversalOrder.Parallel), ("sequential", TraversalOrder.Sequential));

    private readonly Option<CompressionMode> _compression = Flag.Choice(
        "--compression", "LZ4 for tensors: where measured to pay, never, or always", ("auto", CompressionMode.Auto), ("none", CompressionMode.None), ("lz4", CompressionMode.Lz4));

    private readonly Option<bool> _checksums = Flag.Choice("--checksums", "CRC-32C over every tensor that is sent", ("on", true), ("off", false));
    private readonly Option<string> _host = Flag.Text("--host", "Address to listen on; 0.0.0.0 for all (there is no authentication yet: trusted networks only)", "127.0.0.1");
    private readonly Option<int> _port = Flag.Int("--port", "Port to listen on; 0 for any", 12345, min: 0, max: 65535);
    private readonly Option<TimeSpan> _connectTimeout = Flag.Seconds("--connect_timeout", "For how long all nodes are waited for at the start", 600);
    private readonly Option<TimeSpan> _reconnectTimeout = Flag.Seconds("--reconnect_timeout", "For how long a node that was lost is waited for", 120);
    private readonly Option<TimeSpan> _taskTimeout = Flag.Seconds("--task_timeout", "How long one task may take a node before its connection counts as lost", 600);
    private readonly Option<TimeSpan> _heartbeatInterval = Flag.Seconds("--heartbeat_interval", "How often both sides show that they live", 5);
    private readonly Option<TimeSpan> _heartbeatTimeout = Flag.Seconds("--heartbeat_timeout", "After what silence a side counts as dead", 30);
    private readonly Option<string?> _output = Flag.OptionalText("--output", "Run folder [default: runs/<time>]");
    private readonly Option<bool> _logSteps = Flag.Switch("--log_steps", "A row of metrics.csv for every step");
    private readonly Option<bool> _verbose = Flag.Switch("--verbose", "Debug events in the log");

    public Option<int> NumNodes => _numNodes;

    /// <summary>What every command that computes takes.</summary>
    public void AddCommonTo(Command command)
    {
        foreach (Option option in new Option[]
        {
            _numNodes, _batchSize, _seed, _model, _relu, _cut, _dtype, _optimizer, _lr, _gamma, _momentum, _nesterov, _weightDecay,
            _dataset, _partition, _partitionSeed, _device, _noAccel, _threads,
        })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What runs of whole epochs take.</summary>
    public void AddEpochsTo(Command command)
    {
        command.Options.Add(_epochs);
        command.Options.Add(_output);
        command.Options.Add(_logSteps);
        command.Options.Add(_verbose);
    }

    /// <summary>What changes how nodes are visited.</summary>
    public void AddTraversalTo(Command command)
    {
        command.Options.Add(_exchange);
        command.Options.Add(_traversal);
        command.Options.Add(_compression);
        command.Options.Add(_checksums);
    }

    /// <summary>What a run over the network takes.</summary>
    public void AddNetworkTo(Command command)
    {
        foreach (Option option in new Option[] { _host, _port, _connectTimeout, _reconnectTimeout, _taskTimeout, _heartbeatInterval, _heartbeatTimeout })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Reads and validates; flags that the command does not have keep their defaults.</summary>
    /// <exception cref="UserErrorException">Values that do not go together.</exception>
    public RunOptions Read(ParseResult result)
    {
        ModelDescription model;
        int cut;
        try
        {
            model = ModelPresets.Create(result.GetValue(_model)!, ValueOrDefault(result, _relu));
            cut = model.ParseCut(result.GetValue(_cut)!);
        }
        catch (ModelException e)
        {
            throw new UserErrorException(ExitCode.Usage, e.Message, e);
        }

        var optimizer = new OptimizerSettings(
            result.GetValue(_optimizer),
            result.GetValue(_lr),
            result.GetValue(_momentum),
            result.GetValue(_nesterov),
            result.GetValue(_weightDecay),
            result.GetValue(_gamma));
        if ((optimizer.Momentum > 0 || optimizer.Nesterov) && optimizer.Kind != OptimizerKind.Sgd)
        {
            throw new UserErrorException(ExitCode.Usage, "--momentum and --nesterov belong to --optimizer sgd");
        }

        if (optimizer.Nesterov && optimizer.Momentum == 0)
        {
            throw new UserErrorException(ExitCode.Usage, "--nesterov needs a --momentum above 0");
        }

        TimeSpan interval = ValueOrDefault(result, _heartbeatInterval);
        TimeSpan timeout = ValueOrDefault(result, _heartbeatTimeout);
        if (timeout < 2 * interval)
        {
            throw new UserErrorException(ExitCode.Usage, "--heartbeat_timeout must be at least twice --heartbeat_interval");
        }

        return new RunOptions
        {
            NumNodes = result.GetValue(_numNodes),
            Epochs = ValueOrDefault(result, _epochs),
            BatchSize = result.GetValue(_batchSize),
            Seed = result.GetValue(_seed),
            Model = model,
            Cut = cut,
            ElementType = result.GetValue(_dtype),
            Optimizer = optimizer,
            Dataset = result.GetValue(_dataset)!,
            Partition = result.GetValue(_partition),
            PartitionSeed = result.GetValue(_partitionSeed),
            Device = result.GetValue(_device)!,
            NoAccelerator = result.GetValue(_noAccel),
            Threads = result.GetValue(_threads),
            Exchange = ValueOrDefault(result, _exchange),
            Traversal = ValueOrDefault(result, _traversal),
            Compression = ValueOrDefault(result, _compression),
            Checksums = ValueOrDefault(result, _checksums),
            Host = ValueOrDefault(result, _host),
            Port = ValueOrDefault(result, _port),
            ConnectTimeout = ValueOrDefault(result, _connectTimeout),
            ReconnectTimeout = ValueOrDefault(result, _reconnectTimeout),
            TaskTimeout = ValueOrDefault(result, _taskTimeout),
            HeartbeatInterval = interval,
            HeartbeatTimeout = timeout,
            Output = result.GetValue(_output),
            LogSteps = result.GetValue(_logSteps),
            Verbose = result.GetValue(_verbose),
        };
    }

    // A command that lacks a flag has no value for it, not even the default.
    private static T ValueOrDefault<T>(ParseResult result, Option<T> option) =>
        result.GetResult(option) is null ? (T)option.GetDefaultValue()! : result.GetValue(option)!;
}
