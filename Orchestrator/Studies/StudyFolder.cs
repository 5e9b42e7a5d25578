using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Runs.Folder;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>
/// The folder of a study: <c>queue.db</c>, <c>study.yaml</c> as given, <c>study.log</c>, <c>runs/</c> with one folder
/// per run, and the reports. Locked by one program at a time.
/// </summary>
internal sealed class StudyFolder : IDisposable
{
    /// <summary>Folder of the runs.</summary>
    public const string RunsName = "runs";

    /// <summary>File in a run's folder, besides its usual content: the run as a study file of its own.</summary>
    public const string ConfigurationName = "config.yaml";

    /// <summary>The study's file, as given.</summary>
    public const string FileName = "study.yaml";

    private readonly HeldFolder _held;

    private StudyFolder(HeldFolder held) => _held = held;

    public string Path => _held.Path;

    /// <summary>The log of workers and runs.</summary>
    public string LogPath => System.IO.Path.Combine(Path, "study.log");

    /// <summary>Creates or opens the folder and locks it.</summary>
    /// <param name="path">The path, or <see langword="null"/> for <c>runs/&lt;name&gt;-&lt;time&gt;</c>.</param>
    /// <param name="name">The study's name.</param>
    /// <exception cref="UserErrorException">The folder cannot be written, or a study is in progress there.</exception>
    public static StudyFolder Open(string? path, string name) => new(HeldFolder.Take(path ?? RunFolder.NewPath(ShellWords.ToFileName(name)), "--output", "a study"));

    /// <summary>Whether a program is executing the study of a folder now.</summary>
    public static bool IsHeld(string path) => HeldFolder.IsTaken(path);

    /// <summary>The newest folder in <c>runs/</c> of a study of that name.</summary>
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
