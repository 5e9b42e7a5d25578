using System.Globalization;
using TraversalLearning.Files;

namespace TraversalLearning.Orchestration.Runs.Checkpoints;

/// <summary>
/// The checkpoints of a run folder: <c>checkpoints/step-000123/</c> and so on. A checkpoint gets its name by a single
/// rename after it is complete on disk; an earlier crash leaves existing ones untouched.
/// </summary>
internal sealed class CheckpointStore(string runFolder)
{
    /// <summary>Name of the folder within the run folder.</summary>
    public const string FolderName = "checkpoints";

    private const string Prefix = "step-";
    private const string Unfinished = "unfinished";
    private const string SetAside = ".set-aside";

    private readonly string _root = Path.Combine(runFolder, FolderName);

    /// <summary>The steps with a checkpoint, intact or damaged, newest first.</summary>
    public IReadOnlyList<int> Steps
    {
        get
        {
            try
            {
                return [.. Directory.EnumerateDirectories(_root).Select(StepOf).OfType<int>().OrderDescending()];
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return [];
            }
        }
    }

    /// <summary>The step of a checkpoint folder; <see langword="null"/> for other names.</summary>
    public static int? StepOf(string path)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        return name.StartsWith(Prefix, StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int step)
            ? step
            : null;
    }

    /// <summary>The path of a step's checkpoint, whether or not it exists.</summary>
    public string PathOf(int step) => Path.Combine(_root, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step:000000}"));

    /// <summary>Writes a checkpoint; a failure leaves the others unchanged.</summary>
    /// <exception cref="IOException">The checkpoint cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Access denied.</exception>
    public async Task SaveAsync(CheckpointManifest manifest, Func<string, CancellationToken, Task> writeFiles, CancellationToken cancellationToken = default)
    {
        string unfinished = Path.Combine(_root, Unfinished);
        try
        {
            Delete(unfinished);
            PrivateFiles.CreateFolder(_root);
            await Checkpoint.WriteAsync(unfinished, manifest, writeFiles, cancellationToken);
            Directory.Move(unfinished, PathOf(manifest.Progress.Steps));
            PrivateFiles.FlushFolder(_root);
            PrivateFiles.FlushFolder(runFolder);
        }
        catch
        {
            TryDelete(unfinished);
            throw;
        }
    }

    /// <summary>Deletes all but the <paramref name="keep"/> newest.</summary>
    /// <exception cref="IOException">A checkpoint cannot be deleted.</exception>
    /// <exception cref="UnauthorizedAccessException">Access denied.</exception>
    public void Prune(int keep)
    {
        foreach (int step in Steps.Skip(keep))
        {
            // Renamed first: a half-deleted checkpoint under its own name would look damaged.
            string unfinished = Path.Combine(_root, Unfinished);
            Delete(unfinished);
            Directory.Move(PathOf(step), unfinished);
            Delete(unfinished);
        }
    }

    /// <summary>The newest intact checkpoint.</summary>
    /// <param name="last">Checkpoints of later steps are ignored.</param>
    /// <param name="damaged">Called for each damaged one that is skipped.</param>
    /// <returns><see langword="null"/> if there is none.</returns>
    public Checkpoint? FindNewest(int last, Action<CheckpointException> damaged)
    {
        foreach (int step in Steps.Where(s => s <= last))
        {
            try
            {
                var checkpoint = Checkpoint.Read(PathOf(step));
                return checkpoint.Manifest.Progress.Steps == step
                    ? checkpoint
                    : throw new CheckpointException(checkpoint.Path, $"is the checkpoint of step {checkpoint.Manifest.Progress.Steps}");
            }
            catch (CheckpointException e)
            {
                damaged(e);
            }
        }

        return null;
    }

    /// <summary>
    /// Renames the checkpoints after <paramref name="step"/>, where the run resumes: they are damaged, or belong to an
    /// abandoned continuation. They are neither used again nor deleted.
    /// </summary>
    /// <returns>Their new paths.</returns>
    public IReadOnlyList<string> SetAsideAfter(int step)
    {
        var paths = new List<string>();
        foreach (int later in Steps.Where(s => s > step))
        {
            string path = PathOf(later) + SetAside;
            Delete(path);
            Directory.Move(PathOf(later), path);
            paths.Add(path);
        }

        return paths;
    }

    private static void Delete(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void TryDelete(string folder)
    {
        try
        {
            Delete(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next checkpoint to be written begins with this.
        }
    }
}
