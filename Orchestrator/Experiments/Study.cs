using System.Security.Cryptography;
using System.Text;

namespace TraversalLearning.Orchestration.Experiments;

/// <summary>Many runs that belong together, all known before the first is done.</summary>
/// <param name="Name">For people: the file's name without its ending, unless it says otherwise.</param>
/// <param name="Runs">In the order in which they are to be done; their names are different.</param>
internal sealed record Study(string Name, IReadOnlyList<StudyRun> Runs)
{
    /// <summary>How bad trials are stopped early; <see langword="null"/> for never.</summary>
    public HalvingSettings? Halving { get; init; }

    /// <summary>SHA-256 over all that decides what comes of it, as 64 hexadecimal digits.</summary>
    public string Identity
    {
        get
        {
            IEnumerable<string> runs = Runs.Select(r => string.Join('\n', [r.Name, r.Hosting.ToWord(), .. r.Arguments]));
            string text = string.Join("\n\n", [$"{Halving}", .. runs]);
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        }
    }

    /// <summary>How many runs were left out because another one is the same: a value that an algorithm does not take does not make another run.</summary>
    public int LeftOut { get; init; }
}

/// <summary>One run of a study: a command line that does it alone, and what its nodes are.</summary>
/// <param name="Name">Its folder's name under <c>runs/</c>: letters, digits, points and hyphens.</param>
/// <param name="Settings">What sets it apart from the others, flags without their hyphens and values as the command line takes them; the same keys in every run of a study, empty where its algorithm does not take the flag.</param>
/// <param name="Repetition">From 1.</param>
/// <param name="Arguments">The orchestrator's command line that does this run alone, but for <c>--output</c>, <c>--host</c> and <c>--port</c>.</param>
internal sealed record StudyRun(string Name, IReadOnlyDictionary<string, string> Settings, int Repetition, IReadOnlyList<string> Arguments)
{
    /// <summary>Where its nodes are.</summary>
    public NodeHosting Hosting { get; init; } = NodeHosting.Virtual;

    /// <summary>Its configuration as a study file of one run, with everything that the study's file said of it and nothing left to defaults of the file.</summary>
    public string Configuration { get; init; } = string.Empty;
}

/// <summary>Where the nodes of a run are.</summary>
internal enum NodeHosting
{
    /// <summary>In the process that does the run, over loopback.</summary>
    Virtual,

    /// <summary>A process for each, on the machine that does the run.</summary>
    Processes,

    /// <summary>Somewhere else: they come by themselves to the run's <c>--host</c> and <c>--port</c>, which are among its arguments.</summary>
    Hosts,
}

/// <summary>The words for <see cref="NodeHosting"/>, in study files and on the wire.</summary>
internal static class NodeHostings
{
    /// <summary>The word.</summary>
    public static string ToWord(this NodeHosting hosting) => hosting switch
    {
        NodeHosting.Virtual => "virtual",
        NodeHosting.Processes => "processes",
        NodeHosting.Hosts => "hosts",
        _ => throw new ArgumentOutOfRangeException(nameof(hosting), hosting, message: null),
    };

    /// <summary>Reads the word.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static NodeHosting Parse(string word) => Array.Find(Enum.GetValues<NodeHosting>(), h => h.ToWord() == word) is var hosting && hosting.ToWord() == word
        ? hosting
        : throw new FormatException($"one of virtual, processes and hosts, not '{word}'");
}
