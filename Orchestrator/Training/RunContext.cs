using TraversalLearning.Data;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Events;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training;

/// <summary>What a run stands on: the data set that was found, the setup that all parties share, the device.</summary>
internal sealed record RunContext(RunOptions Options, DatasetFiles Files, TrainingSetup Setup, Device Device)
{
    /// <summary>Whoever wants to know what happens in it.</summary>
    public RunEvents Events { get; init; } = new();

    /// <summary>Finds data and device.</summary>
    /// <exception cref="UserErrorException">One of them is not there.</exception>
    public static async Task<RunContext> CreateAsync(RunOptions options, IProgress<string> notes, CancellationToken cancellationToken)
    {
        DatasetFiles files = await LocateAsync(options.Dataset, notes, cancellationToken);
        var setup = new TrainingSetup(
            options.Model, options.Cut, options.ElementType, options.Exchange, new Normalisation(files.Info.Mean, files.Info.Std));
        return new RunContext(options, files, setup, ComputeDevice.Select(options.Device, options.NoAccelerator, options.Threads));
    }

    /// <summary>
    /// The same run with a number of threads, where that is left open: measured, set for the process, and passed to <paramref name="chosen"/>. On an
    /// accelerator it stays open.
    /// </summary>
    public RunContext ChooseThreads(Action<ThreadChoice> chosen)
    {
        if (!Options.AnyThreads || Device.type != TorchSharp.DeviceType.CPU)
        {
            return this;
        }

        ThreadChoice choice = ThreadProbe.Choose(
            Setup.Model, Setup.ElementType, Math.Min(Options.BatchSize, ThreadProbe.MaxRows), Environment.ProcessorCount);
        chosen(choice);
        return this with { Options = Options with { Threads = choice.Threads, AnyThreads = false } };
    }

    /// <summary>The same run, divided elsewhere between nodes and orchestrator.</summary>
    public RunContext With(int cut, Exchange exchange) => this with
    {
        Options = Options with { Cut = cut, Exchange = exchange, AnyCut = false, AnyExchange = false },
        Setup = Setup with { Cut = cut, Exchange = exchange },
    };

    /// <summary>The same run on this port.</summary>
    public RunContext OnPort(int port) => this with { Options = Options with { Port = port } };

    /// <summary>The test set, as tensors.</summary>
    public SampleTensors ReadTest() => ToTensors(Guarded(Files.ReadTest));

    /// <summary>The training set, and which node would hold which of its samples.</summary>
    public (SampleSet Samples, int[][] Partition) ReadPooledTrain()
    {
        SampleSet samples = Guarded(Files.ReadTrain);
        RequireFit(Setup.Model, samples, Options.Dataset);
        return (samples, Options.Partition.Deal(samples.Labels, Options.NumNodes, Options.PartitionSeed));
    }

    /// <summary>A model manager at the run's start: every call gives the same parameters.</summary>
    public ModelManager NewModel() => new(Setup, Options.Optimizer, Options.Seed, Device);

    /// <summary>Finds the data set that <c>--dataset</c> names.</summary>
    /// <exception cref="UserErrorException">It is not there.</exception>
    public static async Task<DatasetFiles> LocateAsync(string dataset, IProgress<string> notes, CancellationToken cancellationToken)
    {
        try
        {
            return await DatasetLocator.LocateAsync(dataset, log: notes, cancellationToken: cancellationToken);
        }
        catch (Exception e) when (e is DataException or IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.Data, e.Message, e);
        }
    }

    /// <summary>Reads samples from a data set's files.</summary>
    /// <exception cref="UserErrorException">They are not there, or damaged.</exception>
    public static SampleSet Guarded(Func<SampleSet> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is DataException or IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.Data, e.Message, e);
        }
    }

    /// <summary>Refuses samples that a model cannot take.</summary>
    /// <exception cref="UserErrorException">They have another size, or labels that are not among its classes.</exception>
    public static void RequireFit(ModelDescription model, SampleSet samples, string dataset)
    {
        if (SampleFit.Misfit(model, samples) is { } misfit)
        {
            throw new UserErrorException(ExitCode.Data, $"'{dataset}' does not fit: {misfit}");
        }
    }

    private SampleTensors ToTensors(SampleSet samples)
    {
        RequireFit(Setup.Model, samples, Options.Dataset);
        return new SampleTensors(samples, Setup.Model.InputShape, Setup.Normalisation, Setup.ElementType.ToScalarType(), Device);
    }
}
