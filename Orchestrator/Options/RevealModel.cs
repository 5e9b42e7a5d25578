namespace TraversalLearning.Orchestration.Options;

/// <summary>Whether the orchestrator gets the model of a blind run.</summary>
internal enum RevealModel
{
    /// <summary>The model stays on the nodes.</summary>
    Never,

    /// <summary>At the end of the run, if every node consents.</summary>
    End,
}
