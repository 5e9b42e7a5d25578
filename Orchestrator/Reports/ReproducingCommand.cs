using System.Globalization;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>The commands that do a run alone: it ends with the same parameters, to the bit, on the same kind of machine.</summary>
internal static class ReproducingCommand
{
    // What a node must be told as the orchestrator is.
    private static readonly string[] Shared =
        ["--num_nodes", "--dataset", "--partition", "--partition_seed", "--threads", "--device", "--no-accel", "--compression", "--checksums"];

    /// <summary>The orchestrator's.</summary>
    /// <param name="arguments">Its flags.</param>
    public static string OfRun(IReadOnlyList<string> arguments) => $"dotnet run -c Release --project Orchestrator -- {ShellWords.Join(arguments)}".TrimEnd();

    /// <summary>That of all of its nodes, in one process.</summary>
    /// <param name="arguments">The orchestrator's flags.</param>
    /// <param name="count">How many nodes took part; 0 if it has none, <see langword="null"/> if that is not known but from the flags.</param>
    public static string? OfNodes(IReadOnlyList<string> arguments, int? count)
    {
        var words = new List<string>();
        int? named = null;
        for (int i = 0; i < arguments.Count; i++)
        {
            string[] parts = arguments[i].Split('=', 2);
            string flag = Shared.FirstOrDefault(s => Plain(s) == Plain(parts[0])) ?? string.Empty;
            if (flag.Length == 0)
            {
                continue;
            }

            bool hasValue = parts.Length == 2 || (i + 1 < arguments.Count && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal));
            string value = parts.Length == 2 ? parts[1] : hasValue ? arguments[i + 1] : string.Empty;
            words.AddRange(parts.Length == 2 ? [arguments[i]] : hasValue ? [flag, value] : [flag]);
            if (flag == Shared[0] && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                named = number;
            }
        }

        bool centralized = arguments.Count > 0 && (arguments[0] == "centralized" || arguments.Any(a => a.EndsWith("centralized", StringComparison.Ordinal)));
        return centralized || count == 0 || (count ?? named) is not { } nodes
            ? null
            : $"dotnet run -c Release --project Node -- {ShellWords.Join(["--node_id", "1", "--virtual_nodes", nodes.ToString(CultureInfo.InvariantCulture), .. words])}";

        static string Plain(string flag) => flag.Replace('_', '-');
    }
}
