using System.Collections.ObjectModel;
using System.Globalization;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Runs.Checkpoints;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>Which files of a run's folder pass between a study and a worker on another machine, and under which names.</summary>
internal static class RunPaths
{
    /// <summary>In front of the names of files that a run's command line names.</summary>
    public const string Inputs = "inputs/";

    private const int MaxDepth = 3;

    // Their values may be files; those of the data set are the worker's own business.
    private static readonly string[] FileFlags = [.. RunFlags.Known.All.Where(f => f.IsFile).Select(f => f.Name)];

    /// <summary>Whether a name may come from the other side: a few words of letters, digits, points, hyphens and underscores, none beginning with a point.</summary>
    public static bool IsSafe(string name)
    {
        string[] words = name.Split('/');
        return words.Length <= MaxDepth && Array.TrueForAll(
            words, w => w.Length > 0 && w[0] != '.' && w.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'));
    }

    /// <summary>The files that a command line names: where they are, and under which names a worker asks for them.</summary>
    public static IReadOnlyDictionary<string, string> InputsOf(IReadOnlyList<string> arguments)
    {
        var inputs = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i + 1 < arguments.Count; i++)
        {
            if (FileFlags.Contains(arguments[i]) && File.Exists(arguments[i + 1]))
            {
                inputs[NameOf(i, arguments[i + 1])] = arguments[i + 1];
            }
        }

        return inputs;
    }

    /// <summary>The same command line with the names in place of the paths.</summary>
    public static string[] Named(IReadOnlyList<string> arguments) =>
        [.. arguments.Select((a, i) => i > 0 && FileFlags.Contains(arguments[i - 1]) && File.Exists(a) ? NameOf(i - 1, a) : a)];

    /// <summary>And with the files that were fetched in place of the names.</summary>
    /// <param name="arguments">With names.</param>
    /// <param name="folder">The run's; the files are there under their names.</param>
    public static string[] Placed(IReadOnlyList<string> arguments, string folder) =>
        [.. arguments.Select((a, i) => i > 0 && FileFlags.Contains(arguments[i - 1]) && a.StartsWith(Inputs, StringComparison.Ordinal) && IsSafe(a) ? Path.Combine(folder, a) : a)];

    /// <summary>The newest checkpoint of a run's folder: its step, and its files by their names.</summary>
    public static (int Step, IReadOnlyDictionary<string, string> Files) CheckpointOf(string folder)
    {
        var store = new CheckpointStore(folder);
        return store.Steps is [var newest, ..] ? (newest, FilesIn(store.PathOf(newest), CheckpointName(newest))) : (0, ReadOnlyDictionary<string, string>.Empty);
    }

    /// <summary>The name of a checkpoint's folder.</summary>
    public static string CheckpointName(int step) => $"{CheckpointStore.FolderName}/{Path.GetFileName(new CheckpointStore(string.Empty).PathOf(step))}";

    /// <summary>The files of a folder by their names.</summary>
    /// <param name="folder">Where they are.</param>
    /// <param name="name">In front of each, if there is one.</param>
    public static SortedDictionary<string, string> FilesIn(string folder, string name)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string path in Directory.Exists(folder) ? Directory.EnumerateFiles(folder) : [])
        {
            string file = name.Length > 0 ? $"{name}/{Path.GetFileName(path)}" : Path.GetFileName(path);
            if (IsSafe(file))
            {
                files[file] = path;
            }
        }

        return files;
    }

    private static string NameOf(int place, string path) =>
        string.Create(CultureInfo.InvariantCulture, $"{Inputs}{place}-{ShellWords.ToFileName(Path.GetFileName(path))}");
}
