using System.Collections.ObjectModel;
using System.Globalization;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Runs.Checkpoints;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>Names of the files that a study and a worker on another machine exchange for a run.</summary>
internal static class RunPaths
{
    /// <summary>Prefix of files named on a run's command line.</summary>
    public const string Inputs = "inputs/";

    private const int MaxDepth = 3;

    // Flags whose values may be files; data sets are the worker's own.
    private static readonly string[] FileFlags = [.. RunFlags.Known.All.Where(f => f.IsFile).Select(f => f.Name)];

    /// <summary>
    /// Whether a name from the peer is safe: path segments of letters, digits, dots, hyphens and underscores, none
    /// starting with a dot.
    /// </summary>
    public static bool IsSafe(string name)
    {
        string[] words = name.Split('/');
        return words.Length <= MaxDepth && Array.TrueForAll(
            words, w => w.Length > 0 && w[0] != '.' && w.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'));
    }

    /// <summary>The files named on a command line: their wire names and local paths.</summary>
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

    /// <summary>Replaces paths on a command line by wire names.</summary>
    public static string[] Named(IReadOnlyList<string> arguments) =>
        [.. arguments.Select((a, i) => i > 0 && FileFlags.Contains(arguments[i - 1]) && File.Exists(a) ? NameOf(i - 1, a) : a)];

    /// <summary>Replaces wire names on a command line by the paths of fetched files.</summary>
    /// <param name="arguments">The command line with wire names.</param>
    /// <param name="folder">The run folder, which holds the files under their wire names.</param>
    public static string[] Placed(IReadOnlyList<string> arguments, string folder) =>
        [.. arguments.Select((a, i) => i > 0 && FileFlags.Contains(arguments[i - 1]) && a.StartsWith(Inputs, StringComparison.Ordinal) && IsSafe(a) ? Path.Combine(folder, a) : a)];

    /// <summary>The newest checkpoint in a run folder: its step, and its files by wire name.</summary>
    public static (int Step, IReadOnlyDictionary<string, string> Files) CheckpointOf(string folder)
    {
        var store = new CheckpointStore(folder);
        return store.Steps is [var newest, ..] ? (newest, FilesIn(store.PathOf(newest), CheckpointName(newest))) : (0, ReadOnlyDictionary<string, string>.Empty);
    }

    /// <summary>Wire name of a checkpoint folder.</summary>
    public static string CheckpointName(int step) => $"{CheckpointStore.FolderName}/{Path.GetFileName(new CheckpointStore(string.Empty).PathOf(step))}";

    /// <summary>The files of a folder by wire name.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">Prefix of each name, if not empty.</param>
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
