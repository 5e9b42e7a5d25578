namespace TraversalLearning.Orchestration.Reports;

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
