using TraversalLearning.Data;
using TraversalLearning.Data.Batches;
using TraversalLearning.Data.Datasets;
using TraversalLearning.Data.Tables;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Model;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training;

/// <summary>The basis of a run: its data set, the setup that all parties share, and its device.</summary>
/// <param name="Options">The run's options.</param>
/// <param name="Files">The orchestrator's data set; <see langword="null"/> if only nodes have samples.</param>
/// <param name="Setup">Setup shared by all parties.</param>
/// <param name="Device">The device to compute on.</param>
internal sealed record RunContext(RunOptions Options, DatasetFiles? Files, TrainingSetup Setup, Device Device)
{
    // Used where the pixels' mean and deviation are unknown.
    private static readonly Normalisation Unknown = new(0.5, 0.5);

    /// <summary>
    /// Whether samples are rows of tables. Without a data set here, this is inferred from a model that takes its sizes
    /// from tables.
    /// </summary>
    public bool IsPrepared => Files?.IsPrepared ?? Options.SizedByData;

    /// <summary>
    /// The nodes' data as described while the run was prepared. Nodes 1, 2, … must reconnect with the same data. Empty
    /// if they were not asked.
    /// </summary>
    public IReadOnlyList<NodeData> KnownData { get; init; } = [];

    /// <summary>The run's event bus.</summary>
    public RunEvents Events { get; init; } = new();

    /// <summary>Read access to the running session.</summary>
    public RunProbe Probe { get; init; } = new();

    /// <summary>Decides after every epoch whether to stop; <see langword="null"/> for never.</summary>
    public EpochGate? Gate { get; init; }

    /// <summary>Locates the data set and selects the device.</summary>
    /// <exception cref="UserErrorException">The data set or the device is not available.</exception>
    public static async Task<RunContext> CreateAsync(RunOptions options, IProgress<string> notes, CancellationToken cancellationToken)
    {
        DatasetFiles? files = options.HasTestSet ? await LocateAsync(options.Dataset, notes, cancellationToken) : null;
        var setup = new TrainingSetup(
            options.Model, options.Cut, options.ElementType, options.Exchange, files is null ? Unknown : new Normalisation(files.Info.Mean, files.Info.Std))
        {
            Loss = options.Loss,
            Augmentation = options.Augmentation.IsNone ? Augmentation.None : options.Augmentation.OfRun(options.Seed),
        };
        return new RunContext(options, files, setup, ComputeDevice.Select(options.Device, options.NoAccelerator, options.Threads));
    }

    /// <summary>The same run with another division between nodes and orchestrator.</summary>
    public RunContext With(int cut, Exchange exchange) => this with
    {
        Options = Options with { Cut = cut, Exchange = exchange, AnyCut = false, AnyExchange = false },
        Setup = Setup with { Cut = cut, Exchange = exchange },
    };

    /// <summary>The same run with a preparation of its tables; fills in model sizes that were left open.</summary>
    /// <exception cref="UserErrorException">The model does not accept the tables' columns.</exception>
    public RunContext With(Preparation preparation)
    {
        int features = preparation.FeatureCount;
        ModelDescription model = Options.SizedByData ? ModelPresets.Tabular(features, preparation.OutputCount) : Setup.Model;
        int? taken = Setup.Loss.ClassesOf(model);
        string? misfit = Setup.Loss.Misfit(model)
            ?? (taken is null == preparation.Target is not null ? null
                : taken is null ? $"'{preparation.Label}' is a class, and it takes numbers; use another --loss, or name the column as \"target\" in schema.json of all parties"
                : $"'{preparation.Label}' is a number, and it takes classes; use --loss mse, or name the column as \"label\" in schema.json of all parties");
        if (misfit is not null)
        {
            throw new UserErrorException(ExitCode.Data, $"{Tables} not fit --loss {Setup.Loss.Name}: {misfit}");
        }

        if (preparation.Image is { } image)
        {
            return With(preparation, image);
        }

        bool fits = preparation.Target is null ? taken >= preparation.Classes.Length : model.ClassCount == preparation.OutputCount;
        if (!fits || model.Vocabulary is not null || model.InputShape.Aggregate(1L, (a, b) => a * b) != features)
        {
            throw new UserErrorException(
                ExitCode.Data,
                $"{Tables} not fit: the model '{model.Name}' takes [{string.Join(", ", model.InputShape)}] and has {model.ClassCount} outputs,"
                + $" the tables give {features} features and {(preparation.Target is null ? $"{preparation.OutputCount} classes" : "one number to predict")};"
                + " use --model tabular, which takes its sizes from them");
        }

        RunContext prepared = this with
        {
            Options = Options with { Model = model, SizedByData = false },
            Setup = Setup with { Model = model, Preparation = preparation },
        };
        prepared.RequireStart();
        return prepared;
    }

    /// <summary>The same run with the classes of images, normalised as in their <c>schema.json</c>.</summary>
    private RunContext With(Preparation preparation, ImageSettings image)
    {
        string? misfit = SampleFit.ShapeMisfit(Setup.Model, image.Shape) ?? SampleFit.ElementMisfit(Setup.Model, SampleElement.UInt8)
            ?? (Setup.Loss.ClassesOf(Setup.Model) < preparation.Classes.Length ? $"the model '{Setup.Model.Name}' has {Setup.Model.ClassCount} outputs, and there are {preparation.Classes.Length} classes" : null);
        if (misfit is not null)
        {
            throw new UserErrorException(ExitCode.Data, $"'{Options.Dataset}' does not fit: {misfit}");
        }

        RunContext prepared = this with { Setup = Setup with { Preparation = preparation, Normalisation = new Normalisation(image.Mean, image.Std) } };
        prepared.RequireStart();
        return prepared;
    }

    private string Tables => Options.HasTestSet ? $"'{Options.Dataset}' does" : "the nodes' tables do";

    /// <summary>
    /// Reports weights that do not fit while the nodes that gave the preparation are still connected and can be told.
    /// </summary>
    private void RequireStart()
    {
        if (Options.Start is not null)
        {
            NewModel().Dispose();
        }
    }

    /// <summary>Reports likely mistakes in the data to the log and to observers.</summary>
    /// <param name="log">The run's.</param>
    /// <param name="doubts">One line each.</param>
    public void PointOut(OrchestratorLog log, IEnumerable<string> doubts)
    {
        foreach (string doubt in doubts)
        {
            log.DataDoubted(doubt);
            Events.Publish(new DataDoubted(doubt));
        }
    }

    public RunContext OnPort(int port) => this with { Options = Options with { Port = port } };

    /// <summary>The test set, as tensors; <see langword="null"/> if there is none.</summary>
    public SampleTensors? ReadTest() => Files is null ? null : ToTensors(ErrorTable.ReadingData.Guard(Files.ReadTest));

    /// <summary>
    /// Checks the test set before nodes are asked for anything: it must be readable and fit the model as far as that is
    /// known.
    /// </summary>
    /// <exception cref="UserErrorException">The test set is unusable.</exception>
    public void RequireTest()
    {
        if (Files is null)
        {
            return;
        }

        SampleSet samples = ErrorTable.ReadingData.Guard(Files.ReadTest);
        if (!IsPrepared)
        {
            RequireFit(Setup.Model, Setup.Loss, samples, Options.Dataset);
        }
    }

    /// <summary>The training set as read, and the assignment of its samples to nodes.</summary>
    public (SampleSet Samples, int[][] Partition) ReadPooledTrain()
    {
        SampleSet samples = ErrorTable.ReadingData.Guard(Files!.ReadTrain);
        if (!IsPrepared)
        {
            RequireFit(Setup.Model, Setup.Loss, samples, Options.Dataset);
        }

        return (samples, ErrorTable.ReadingData.Guard(() => Options.Dealing.Deal(samples)));
    }

    /// <summary>Draws the samples that nodes hold out of training.</summary>
    /// <param name="sampleCounts">Sample counts of nodes 1, 2, ….</param>
    /// <exception cref="UserErrorException">The share of the nodes' few samples rounds down to none.</exception>
    public HoldOut NewHoldOut(IReadOnlyList<int> sampleCounts)
    {
        var holdOut = HoldOut.Of(sampleCounts, Options.ValidationFraction, Options.Seed);
        return Options.ValidationFraction == 0 || holdOut.ValidationRows > 0
            ? holdOut
            : throw new UserErrorException(
                ExitCode.Data, $"--validation_fraction {Options.ValidationFraction} of each node's samples is not one sample; give a larger share");
    }

    /// <summary>Creates the model at the run's start; every call gives the same parameters.</summary>
    /// <exception cref="UserErrorException">The starting weights do not fit.</exception>
    public ModelManager NewModel()
    {
        var model = new ModelManager(Setup, Options.Optimizer, Options.Seed, Device);
        try
        {
            model.StartFrom(Options.Start);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Locates the data set given by <c>--dataset</c>.</summary>
    /// <exception cref="UserErrorException">Not found.</exception>
    public static Task<DatasetFiles> LocateAsync(string dataset, IProgress<string> notes, CancellationToken cancellationToken, bool labels = true) =>
        ErrorTable.ReadingData.GuardAsync(() => DatasetLocator.LocateAsync(dataset, log: notes, cancellationToken: cancellationToken, labels: labels));

    /// <summary>Converts samples to the form that a model takes.</summary>
    /// <exception cref="UserErrorException">The samples come from a table and the model was not trained on one, or on
    /// one with other columns.</exception>
    public static SampleSet Prepare(SampleSet samples, Preparation? preparation, string dataset) =>
        ErrorTable.FittingModel.Guard(() => PreparedSamples.Of(samples, preparation), e => $"'{dataset}' does not fit: {e.Message}");

    /// <summary>Refuses samples that a model cannot take.</summary>
    /// <exception cref="UserErrorException">The samples have another size, or labels outside the model's
    /// classes.</exception>
    public static void RequireFit(ModelDescription model, LossFunction loss, SampleSet samples, string dataset)
    {
        if (SampleFit.Misfit(model, samples, loss) is { } misfit)
        {
            throw new UserErrorException(ExitCode.Data, $"'{dataset}' does not fit: {misfit}");
        }
    }

    private SampleTensors ToTensors(SampleSet samples)
    {
        string fingerprint = samples.Fingerprint();
        samples = Prepare(samples, Setup.Preparation, Options.Dataset);
        RequireFit(Setup.Model, Setup.Loss, samples, Options.Dataset);
        return new SampleTensors(samples, Setup.Model.InputShape, Setup.Normalisation, Setup.ElementType.ToScalarType(), Device) { Fingerprint = fingerprint };
    }
}
