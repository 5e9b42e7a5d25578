using System.Globalization;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Reporting;
using TraversalLearning.Orchestration.Reports;

namespace TraversalLearning.Orchestration.Comparison;

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

    /// <summary>Writes a report; one of that name is replaced.</summary>
    /// <exception cref="UserErrorException">It cannot be written.</exception>
    public void Write(string name, string text) => ReportFile.Write(System.IO.Path.Combine(Path, name), text);

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();
}
