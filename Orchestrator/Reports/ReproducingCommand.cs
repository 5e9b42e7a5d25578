using System.Globalization;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Flags;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>The commands that reproduce a run, with bit-identical parameters on the same kind of machine.</summary>
internal static class ReproducingCommand
{
    private const string NumNodes = "--num_nodes";
    private const string Centralized = "centralized";

    // The output folder and the resumed run are not part of the request.
    private static readonly string[] Own = [RunFlags.Known.Output.Name, RunFlags.Known.Resume.Name];

    // Flags that nodes need with the same value; hyphens are normalised to underscores here.
    private static readonly string[] Shared = [.. RunFlags.Known.All.Where(f => f.IsSharedWithNodes).Select(f => $"--{f.Key}")];

    /// <summary>The orchestrator's command.</summary>
    /// <param name="arguments">Its flags.</param>
    public static string OfRun(IReadOnlyList<string> arguments) =>
        ShellWords.DotnetRun("Orchestrator", Flags(arguments).Where(f => !Own.Contains(f.Name)).SelectMany(f => f.Words));

    /// <summary>The command of all its nodes, in one process.</summary>
    /// <param name="arguments">The orchestrator's flags.</param>
    /// <param name="count">Number of nodes that took part; 0 if it has none, <see langword="null"/> to take it from the
    /// flags.</param>
    public static string? OfNodes(IReadOnlyList<string> arguments, int? count)
    {
        (string Name, string Value, string[] Words)[] flags = [.. Flags(arguments)];
        int? named = int.TryParse(Array.Find(flags, f => f.Name == NumNodes).Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
        bool isCentralized = Array.Exists(flags, f => f.Name == Centralized || f is { Name: "--algorithm", Value: Centralized });
        return isCentralized || count == 0 || (count ?? named) is not { } nodes
            ? null
            : ShellWords.DotnetRun(
                "Node",
                ["--node_id", "1", "--virtual_nodes", nodes.ToString(CultureInfo.InvariantCulture), .. flags.Where(f => Shared.Contains(f.Name)).SelectMany(f => f.Words)]);
    }

    /// <summary>
    /// Flags with the words that they consist of; a word outside any flag stands alone. Names are normalised to
    /// underscores.
    /// </summary>
    private static IEnumerable<(string Name, string Value, string[] Words)> Flags(IReadOnlyList<string> arguments)
    {
        for (int i = 0; i < arguments.Count; i++)
        {
            string[] parts = arguments[i].Split('=', 2);
            bool isFlag = parts[0].StartsWith("--", StringComparison.Ordinal);
            string name = isFlag ? $"--{parts[0][2..].Replace('-', '_')}" : parts[0];
            if (isFlag && parts.Length == 1 && i + 1 < arguments.Count && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal))
            {
                yield return (name, arguments[i + 1], [arguments[i], arguments[i + 1]]);
                i++;
            }
            else
            {
                yield return (name, parts.Length == 2 ? parts[1] : string.Empty, [arguments[i]]);
            }
        }
    }
}
