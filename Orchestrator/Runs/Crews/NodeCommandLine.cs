using System.Globalization;
using TraversalLearning.Hosting;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Runs.Crews;

/// <summary>Locates the node program and builds its command line for a run on this machine.</summary>
internal static class NodeCommandLine
{
    private const string Name = "Node";

    // Seconds after which a node without its orchestrator exits, even if this program was killed.
    private const string ConnectTimeout = "60";

    /// <summary>
    /// Locates the program: the given path, else beside this program, else the solution's build output.
    /// </summary>
    /// <exception cref="UserErrorException">Not found.</exception>
    public static string Find(string? named)
    {
        string file = OperatingSystem.IsWindows() ? Name + ".exe" : Name;
        string here = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);

        // Orchestrator/bin/<configuration>/<framework>/ → Node/bin/<configuration>/<framework>/
        string built = Path.GetFullPath(Path.Combine(here, "..", "..", "..", "..", Name, "bin", Path.GetFileName(Path.GetDirectoryName(here)) ?? string.Empty, Path.GetFileName(here), file));
        string[] places = named is not null ? [named] : [Path.Combine(here, file), built];
        return Array.Find(places, File.Exists) ?? throw new UserErrorException(
            ExitCode.Usage,
            named is not null
                ? $"--node_program '{named}' is not there"
                : $"there is no {file} beside this program: build TraversalLearning.sln, name it by --node_program, or give --in_process");
    }

    /// <summary>The folder in which the nodes of a run keep their state.</summary>
    public static string StateFolderOf(string runFolder) => Path.Combine(runFolder, "nodes");

    /// <summary>The policy of the nodes of a run, which allows everything.</summary>
    public static string PolicyOf(string runFolder) => Path.Combine(StateFolderOf(runFolder), "policy.yaml");

    /// <summary>A node's arguments, except the orchestrator's port.</summary>
    public static IReadOnlyList<string> Of(RunOptions options, int nodeId, string runFolder) =>
    [
        "--node_id", Text(nodeId),
        .. RunFlags.Known.All.Where(f => f.IsSharedWithNodes).SelectMany(f => f.WordsOf(options)),
        "--connect_timeout", ConnectTimeout,
        .. options.Exchange == Exchange.Blind
            ? (string[])["--state_dir", Path.Combine(StateFolderOf(runFolder), NodeCertificate.NameOf(nodeId)), "--policy", PolicyOf(runFolder)]
            : [],
        .. options.Verbose ? (string[])["--verbose"] : [],
    ];

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
