using System.Globalization;
using System.Text;
using System.Text.Json;
using TraversalLearning.Data.Tables;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Runs.Checkpoints;

namespace TraversalLearning.Orchestration.Runs.Folder;

/// <summary>
/// The output folder of a run: <c>model.json</c>, for tables <c>preparation.json</c>, <c>model.safetensors</c>,
/// <c>metrics.csv</c>, <c>events.jsonl</c>, <c>partition.json</c>, <c>run.json</c>, <c>orchestrator.log</c>,
/// <c>checkpoints/</c>. Accessible to its owner only; an existing folder keeps its permissions.
/// </summary>
internal sealed class RunFolder : IDisposable
{
    /// <summary>Default parent of run folders.</summary>
    public const string DefaultParent = "runs";

    private const string SummaryName = "run.json";
    private const string LogName = "orchestrator.log";

    // Locked while a program trains here; the OS releases the lock when the process ends, however it ends.
    private const string LockName = ".lock";

    private readonly FileStream _lock;

    private RunFolder(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    public string Path { get; }

    public string MetricsPath => MetricsPathIn(Path);

    public string EventsPath => EventsPathIn(Path);

    public string LogPath => System.IO.Path.Combine(Path, LogName);

    public string SummaryPath => SummaryPathIn(Path);

    /// <summary>The model description.</summary>
    public string DescriptionPath => DescriptionPathIn(Path);

    /// <summary>The preparation of table rows, for people; the model file contains it too.</summary>
    public string PreparationPath => System.IO.Path.Combine(Path, "preparation.json");

    private string OfferPath => System.IO.Path.Combine(Path, RunOffer.FileName);

    public string ModelPath => System.IO.Path.Combine(Path, ModelFile.FileName);

    /// <summary>Path of the summary in a run folder.</summary>
    public static string SummaryPathIn(string folder) => System.IO.Path.Combine(folder, SummaryName);

    /// <summary>Path of the model description in a run folder.</summary>
    public static string DescriptionPathIn(string folder) => System.IO.Path.Combine(folder, "model.json");

    /// <summary>Path of the metrics in a run folder.</summary>
    public static string MetricsPathIn(string folder) => System.IO.Path.Combine(folder, "metrics.csv");

    /// <summary>Path of the events in a run folder.</summary>
    public static string EventsPathIn(string folder) => System.IO.Path.Combine(folder, "events.jsonl");

    /// <summary>Path of the sample counts by node and class in a run folder.</summary>
    public static string PartitionPathIn(string folder) => System.IO.Path.Combine(folder, "partition.json");

    /// <summary>Default path of a folder of many runs: <c>runs/&lt;kind&gt;-&lt;time&gt;</c>.</summary>
    public static string NewPath(string kind) => System.IO.Path.Combine(DefaultParent, $"{kind}-{Time()}");

    /// <summary>Creates the folder; nothing is overwritten.</summary>
    /// <param name="path">The path, or <see langword="null"/> for <c>runs/&lt;time&gt;</c>.</param>
    /// <exception cref="UserErrorException">The folder cannot be created, or already contains a run.</exception>
    public static RunFolder Create(string? path)
    {
        try
        {
            if (path is null)
            {
                string first = path = System.IO.Path.Combine(DefaultParent, Time());
                for (int i = 2; Directory.Exists(path); i++)
                {
                    path = $"{first}-{i}";
                }
            }
            else if (File.Exists(System.IO.Path.Combine(path, SummaryName)) || new CheckpointStore(path).Steps.Count > 0)
            {
                throw new UserErrorException(ExitCode.Usage, $"'{path}' holds a run already; choose another --output, or go on with it by --resume '{path}'");
            }

            PrivateFiles.CreateFolder(path);
            return Open(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(path!, e);
        }
    }

    /// <summary>Opens the folder of a run to be resumed.</summary>
    /// <exception cref="UserErrorException">The folder cannot be written, or its run is still in progress.</exception>
    public static RunFolder Open(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        FileStream? held = null;
        try
        {
            held = PrivateFiles.Open(System.IO.Path.Combine(full, LockName), FileMode.OpenOrCreate, FileShare.None);
            using (PrivateFiles.Open(System.IO.Path.Combine(full, LogName), FileMode.Append, FileShare.ReadWrite))
            {
                // Created here, so that the log, which opens the file by name, gets one that only its owner can access.
            }

            return new RunFolder(full, held);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            held?.Dispose();
            throw held is null && File.Exists(System.IO.Path.Combine(full, LockName))
                ? new UserErrorException(ExitCode.Usage, $"cannot lock the run folder '{path}': another program trains there ({e.Message})", e)
                : NotWritable(path, e);
        }
    }

    /// <summary>Opens the event file for appending.</summary>
    public EventFile OpenEvents()
    {
        EventFile? opened = null;
        Guarded(EventsPath, () => opened = EventFile.Open(EventsPath));
        return opened!;
    }

    /// <summary>Writes the model under PyTorch's state-dict names.</summary>
    public void WriteModel(FlatParameters parameters, ModelFileHeader header) => Guarded(ModelPath, () =>
    {
        ModelFile.Write(ModelPath, parameters, header);
        PrivateFiles.FlushFolder(Path);
    });

    /// <summary>Writes the model description, in the format of <c>--model</c>.</summary>
    public void WriteDescription(ModelDescription model) => WriteText(DescriptionPath, model.ToJson(indented: true));

    /// <summary>Writes the preparation of table rows.</summary>
    public void WritePreparation(Preparation preparation) => WriteText(PreparationPath, preparation.ToJson(indented: true));

    /// <summary>Writes what nodes are asked to take part in.</summary>
    public void WriteOffer(RunOffer offer) => Guarded(OfferPath, () =>
    {
        ReplacedFile.Write(OfferPath, offer.ToBytes());
        PrivateFiles.FlushFolder(Path);
    });

    /// <summary>Writes the sample counts by node and class.</summary>
    public void WritePartition(string json) => WriteText(PartitionPathIn(Path), json);

    /// <summary>Writes options, versions and results.</summary>
    public void WriteSummary(RunRecord run) => WriteText(SummaryPath, JsonSerializer.Serialize(run, RecordJson.Indented));

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    /// <summary>Writes a text file atomically: readers see the complete file.</summary>
    private void WriteText(string path, string text) => Guarded(path, () =>
    {
        ReplacedFile.Write(path, Encoding.UTF8.GetBytes(text + "\n"));
        PrivateFiles.FlushFolder(Path);
    });

    private static string Time() => DateTime.Now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);

    private static UserErrorException NotWritable(string path, Exception e) =>
        new(ExitCode.TrainingFailed, $"cannot write the run folder '{path}': {FileError.ReasonOf(path, e)}; choose another --output", e);

    private static void Guarded(string path, Action write) => ErrorTable.Writing.Guard(write, e => $"cannot write '{path}': {FileError.ReasonOf(path, e)}");
}
