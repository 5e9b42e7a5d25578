using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Studies.Comparison;

/// <summary>The folder of a comparison: a run folder for each of its runs, and the reports.</summary>
internal sealed class ComparisonFolder : IDisposable
{
    private readonly HeldFolder _held;

    private ComparisonFolder(HeldFolder held) => _held = held;

    /// <summary>The folder.</summary>
    public string Path => _held.Path;

    /// <summary>Makes the folder, or takes the one that a comparison left which is to go on.</summary>
    /// <param name="path">Where, or <see langword="null"/> for <c>runs/compare-&lt;time&gt;</c>.</param>
    /// <exception cref="UserErrorException">It cannot be written, or another comparison is under way there.</exception>
    public static ComparisonFolder Open(string? path) => new(HeldFolder.Take(path ?? RunFolder.NewPath("compare"), "another comparison"));

    /// <summary>The folder of a run.</summary>
    public string PathOf(PlannedRun run) => System.IO.Path.Combine(Path, run.FolderName);

    /// <summary>Writes a report; one of that name is replaced.</summary>
    /// <exception cref="UserErrorException">It cannot be written.</exception>
    public void Write(string name, string text) => ReportFile.Write(System.IO.Path.Combine(Path, name), text);

    /// <inheritdoc/>
    public void Dispose() => _held.Dispose();
}
