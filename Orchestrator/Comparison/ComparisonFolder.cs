using System.Globalization;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Checkpoints;
using TraversalLearning.Orchestration.Reporting;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Results;

namespace TraversalLearning.Orchestration.Comparison;

/// <summary>How far a run of a comparison has come.</summary>
internal enum RunState
{
    /// <summary>There is nothing to go on from.</summary>
    New,

    /// <summary>It has a checkpoint.</summary>
    Begun,

    /// <summary>It has ended.</summary>
    Complete,
}

/// <summary>The folder of a comparison: a run folder for each of its runs, and the reports.</summary>
internal sealed class ComparisonFolder : IDisposable
{
    private readonly FileStream _lock;

    private ComparisonFolder(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Makes the folder, or takes the one that a comparison left which is to go on.</summary>
    /// <param name="path">Where, or <see langword="null"/> for <c>runs/compare-&lt;time&gt;</c>.</param>
    /// <exception cref="UserErrorException">It cannot be written, or another comparison is under way there.</exception>
    public static ComparisonFolder Open(string? path)
    {
        path ??= System.IO.Path.Combine(RunFolder.DefaultParent, $"compare-{DateTime.Now.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}");
        string full = System.IO.Path.GetFullPath(path);
        try
        {
            PrivateFiles.CreateFolder(full);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.TrainingFailed, $"cannot write the folder '{path}': {e.Message}; choose another --output", e);
        }

        try
        {
            return new ComparisonFolder(full, PrivateFiles.Open(System.IO.Path.Combine(full, ".lock"), FileMode.OpenOrCreate, FileShare.None));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.Usage, $"cannot lock the folder '{path}': another comparison is under way there ({e.Message})", e);
        }
    }

    /// <summary>The folder of a run.</summary>
    public string PathOf(PlannedRun run) => System.IO.Path.Combine(Path, run.FolderName);

    /// <summary>A run with what it has settled since it began: the sizes of a model that were left to the data.</summary>
    /// <exception cref="UserErrorException">Its folder is damaged.</exception>
    public PlannedRun Settled(PlannedRun run)
    {
        string description = RunFolder.DescriptionPathIn(PathOf(run));
        if (!run.Options.SizedByData || !File.Exists(description))
        {
            return run;
        }

        try
        {
            return run with { Options = run.Options with { Model = DescriptionFile.Read(description), SizedByData = false } };
        }
        catch (ModelException e)
        {
            throw new UserErrorException(ExitCode.Data, $"{e.Message}; delete '{PathOf(run)}' to do that run again", e);
        }
    }

    /// <summary>How far a run has come, <see cref="Settled"/> as it is.</summary>
    /// <exception cref="UserErrorException">Its folder holds a run of other flags, or is damaged.</exception>
    public RunState StateOf(PlannedRun run)
    {
        string path = PathOf(run);
        if (FinishedRun.Read(path) is not { } finished)
        {
            return new CheckpointStore(path).Steps.Count > 0 ? RunState.Begun : RunState.New;
        }

        return finished.OptionsDigest == ResultOptions.Digest(ResultOptions.Of(run.Options)) && finished.Epochs == run.Options.Epochs
            ? RunState.Complete
            : throw new UserErrorException(
                ExitCode.Usage, $"'{path}' holds a run of other flags; give the flags that the comparison there began with, or choose another --output");
    }

    /// <summary>Writes a report; one of that name is replaced.</summary>
    /// <exception cref="UserErrorException">It cannot be written.</exception>
    public void Write(string name, string text) => ReportFile.Write(System.IO.Path.Combine(Path, name), text);

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();
}
