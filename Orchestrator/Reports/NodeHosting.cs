namespace TraversalLearning.Orchestration.Reports;

/// <summary>Where the nodes of a run are hosted.</summary>
internal enum NodeHosting
{
    /// <summary>In the process of the run, over loopback.</summary>
    Virtual,

    /// <summary>In a process each, on the machine of the run.</summary>
    Processes,

    /// <summary>
    /// Elsewhere: external nodes connect to the run's <c>--host</c> and <c>--port</c>, which are among its arguments.
    /// </summary>
    Hosts,
}

/// <summary>The names of <see cref="NodeHosting"/> in study files and on the wire.</summary>
internal static class NodeHostings
{
    public static string ToWord(this NodeHosting hosting) => hosting switch
    {
        NodeHosting.Virtual => "virtual",
        NodeHosting.Processes => "processes",
        NodeHosting.Hosts => "hosts",
        _ => throw new ArgumentOutOfRangeException(nameof(hosting), hosting, message: null),
    };

    /// <summary>Parses a name.</summary>
    /// <exception cref="FormatException">Unknown name.</exception>
    public static NodeHosting Parse(string word) => Array.Find(Enum.GetValues<NodeHosting>(), h => h.ToWord() == word) is var hosting && hosting.ToWord() == word
        ? hosting
        : throw new FormatException($"one of virtual, processes and hosts, not '{word}'");
}
