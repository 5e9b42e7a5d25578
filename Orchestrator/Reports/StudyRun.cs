namespace TraversalLearning.Orchestration.Reports;

/// <summary>One run of a study: a command line that does it alone, and what its nodes are.</summary>
/// <param name="Name">Its folder's name under <c>runs/</c>: letters, digits, points and hyphens.</param>
/// <param name="Settings">What sets it apart from the others, flags without their hyphens and values as the command line takes them; the same keys in every run of a study, empty where its algorithm does not take the flag.</param>
/// <param name="Repetition">From 1.</param>
/// <param name="Arguments">The orchestrator's command line that does this run alone, but for <c>--output</c>, <c>--host</c> and <c>--port</c>.</param>
internal sealed record StudyRun(string Name, IReadOnlyDictionary<string, string> Settings, int Repetition, IReadOnlyList<string> Arguments)
{
    /// <summary>The setting that is the algorithm.</summary>
    public const string Algorithm = "algorithm";

    /// <summary>Where its nodes are.</summary>
    public NodeHosting Hosting { get; init; } = NodeHosting.Virtual;

    /// <summary>Its configuration as a study file of one run, with everything that the study's file said of it and nothing left to defaults of the file.</summary>
    public string Configuration { get; init; } = string.Empty;
}
