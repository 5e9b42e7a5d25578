using System.Globalization;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Flags;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>The commands that do a run alone: it ends with the same parameters, to the bit, on the same kind of machine.</summary>
internal static class ReproducingCommand
{
    private const string NumNodes = "--num_nodes";
    private const string Centralized = "centralized";

    // Where a run went, and what it went on from, are not what was asked for.
    private static readonly string[] Own = [RunFlags.Known.Output.Name, RunFlags.Known.Resume.Name];

    // What nodes must be told as the orchestrator is; a spelling with hyphens is one with underscores here.
    private static readonly string[] Shared = [.. RunFlags.Known.All.Where(f => f.IsSharedWithNodes).Select(f => f.Name.Replace("no-accel", "no_accel", StringComparison.Ordinal))];

    /// <summary>The orchestrator's.</summary>
    /// <param name="arguments">Its flags.</param>
    public static string OfRun(IReadOnlyList<string> arguments) =>
        ShellWords.DotnetRun("Orchestrator", Flags(arguments).Where(f => !Own.Contains(f.Name)).SelectMany(f => f.Words));

    /// <summary>That of all of its nodes, in one process.</summary>
    /// <param name="arguments">The orchestrator's flags.</param>
    /// <param name="count">How many nodes took part; 0 if it has none, <see langword="null"/> if that is not known but from the flags.</param>
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

    /// <summary>Flags, each with the words that it stands in; a word that belongs to none is one of its own. Names have underscores, however they were spelled.</summary>
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
