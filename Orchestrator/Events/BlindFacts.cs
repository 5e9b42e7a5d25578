namespace TraversalLearning.Orchestration.Events;

/// <summary>Facts of a run with the blind exchange.</summary>
/// <param name="Run">Names the run: the folder of its key and model in the nodes' state folders.</param>
/// <param name="Protects">Against which orchestrators the run protects.</param>
internal sealed record BlindFacts(string Run, string Protects)
{
    /// <summary>The nodes' keys are not signed.</summary>
    public const string CuriousOnly = "curious orchestrator only";

    /// <summary>The nodes' keys are signed by their certificates.</summary>
    public const string Malicious = "malicious orchestrator without the CA's key";
}
