namespace TraversalLearning.Orchestration.Reports;

/// <summary>One run of a study: a self-contained command line, and the hosting of its nodes.</summary>
/// <param name="Name">Name of its folder under <c>runs/</c>: letters, digits, dots and hyphens.</param>
/// <param name="Settings">The settings that distinguish it: flags without hyphens and values in command-line syntax.
/// All runs of a study have the same keys; a value is empty if the algorithm does not accept the flag.</param>
/// <param name="Repetition">From 1.</param>
/// <param name="Arguments">The orchestrator's command line for this run alone, without <c>--output</c>, <c>--host</c>
/// and <c>--port</c>.</param>
internal sealed record StudyRun(string Name, IReadOnlyDictionary<string, string> Settings, int Repetition, IReadOnlyList<string> Arguments)
{
    /// <summary>The key of the algorithm.</summary>
    public const string Algorithm = "algorithm";

    /// <summary>Where its nodes are hosted.</summary>
    public NodeHosting Hosting { get; init; } = NodeHosting.Virtual;

    /// <summary>
    /// Its configuration as a study file of one run, with all settings of the study's file made explicit.
    /// </summary>
    public string Configuration { get; init; } = string.Empty;
}
