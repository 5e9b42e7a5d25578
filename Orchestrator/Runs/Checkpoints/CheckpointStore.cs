using System.Globalization;
using TraversalLearning.Files;

namespace TraversalLearning.Orchestration.Runs.Checkpoints;

/// <summary>
/// The checkpoints of a run folder: <c>checkpoints/step-000123/</c> and so on. A checkpoint appears under its name by one rename, when all
/// of it is on the disk; whatever ends the program before that leaves those that were there.
/// </summary>
internal sealed class CheckpointStore(string runFolder)
{
    /// <summary>The folder in the run folder.</summary>
    public const string FolderName = "checkpoints";

    private const string Prefix = "step-";
    private const string Unfinished = "unfinished";
    private const string SetAside = ".set-aside";

    private readonly string _root = Path.Combine(runFolder, FolderName);

    /// <summary>The steps of which there is a checkpoint, whole or damaged, newest first.</summary>
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

    /// <summary>The step of a checkpoint's folder; <see langword="null"/> if the name is not of one.</summary>
    public static int? StepOf(string path)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        return name.StartsWith(Prefix, StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int step)
            ? step
            : null;
    }

    /// <summary>Where the checkpoint of a step is, or would be.</summary>
    public string PathOf(int step) => Path.Combine(_root, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step:000000}"));

    /// <summary>Writes a checkpoint; if that fails, the others are as they were.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public void Save(CheckpointManifest manifest, Action<string> writeFiles)
    {
        string unfinished = Path.Combine(_root, Unfinished);
        try
        {
            Delete(unfinished);
            PrivateFiles.CreateFolder(_root);
            Checkpoint.Write(unfinished, manifest, writeFiles);
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
    /// <exception cref="IOException">One cannot be deleted.</exception>
    /// <exception cref="UnauthorizedAccessException">One may not be deleted.</exception>
    public void Prune(int keep)
    {
        foreach (int step in Steps.Skip(keep))
        {
            // Under another name first: half a checkpoint under its own would look like a damaged one.
            string unfinished = Path.Combine(_root, Unfinished);
            Delete(unfinished);
            Directory.Move(PathOf(step), unfinished);
            Delete(unfinished);
        }
    }

    /// <summary>The newest checkpoint that is whole.</summary>
    /// <param name="last">Those of later steps do not count.</param>
    /// <param name="damaged">Told of each that was passed over.</param>
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
    /// Renames the checkpoints of steps after <paramref name="step"/>, because the run goes on from there: they are damaged, or of a future
    /// that was given up. They are not used again, and not deleted.
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
            // The next one to be written begins with this.
        }
    }
}
