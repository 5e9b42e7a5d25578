using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>
/// The folder of a study: <c>queue.db</c>, <c>study.yaml</c> as it was given, <c>study.log</c>, <c>runs/</c> with a run folder each, and the reports.
/// Held by one program at a time.
/// </summary>
internal sealed class StudyFolder : IDisposable
{
    /// <summary>Where the runs' folders are.</summary>
    public const string RunsName = "runs";

    /// <summary>What a run's folder has beside what every run leaves: its own part of the study, as a study file.</summary>
    public const string ConfigurationName = "config.yaml";

    /// <summary>The study's file, as it was given.</summary>
    public const string FileName = "study.yaml";

    private readonly HeldFolder _held;

    private StudyFolder(HeldFolder held) => _held = held;

    /// <summary>The folder.</summary>
    public string Path => _held.Path;

    /// <summary>Told of workers and runs.</summary>
    public string LogPath => System.IO.Path.Combine(Path, "study.log");

    /// <summary>Makes the folder, or takes the one that is there.</summary>
    /// <param name="path">Where, or <see langword="null"/> for <c>runs/&lt;name&gt;-&lt;time&gt;</c>.</param>
    /// <param name="name">The study's.</param>
    /// <exception cref="UserErrorException">It cannot be written, or a study is under way there.</exception>
    public static StudyFolder Open(string? path, string name) => new(HeldFolder.Take(path ?? RunFolder.NewPath(ShellWords.ToFileName(name)), "a study"));

    /// <summary>Whether a program runs the study of a folder now.</summary>
    public static bool IsHeld(string path) => HeldFolder.IsTaken(path);

    /// <summary>The newest folder in <c>runs/</c> of a study of this name.</summary>
    /// <returns><see langword="null"/> if there is none.</returns>
    public static string? Newest(string name)
    {
        string prefix = ShellWords.ToFileName(name) + "-";
        return Directory.Exists(RunFolder.DefaultParent)
            ? Directory.EnumerateDirectories(RunFolder.DefaultParent, prefix + "*").Where(StudyQueue.IsIn).Order(StringComparer.Ordinal).LastOrDefault()
            : null;
    }

    /// <summary>The folder of a run.</summary>
    public string PathOf(string run) => System.IO.Path.Combine(Path, RunsName, run);

    /// <inheritdoc/>
    public void Dispose() => _held.Dispose();
}
