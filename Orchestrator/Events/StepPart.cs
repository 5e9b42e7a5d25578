namespace TraversalLearning.Orchestration.Events;

/// <summary>Parts of a step's time; docs/reference/run-folder.md defines them.</summary>
internal enum StepPart
{
    /// <summary>Computation on nodes: in each phase, that of the slowest node.</summary>
    NodeCompute,

    /// <summary>Computation on the orchestrator: central backward pass, sum of the first-layer gradients.</summary>
    OrchestratorCompute,

    /// <summary>Encoding, decoding and checks of tensors on the orchestrator: checksums, LZ4, NaN.</summary>
    Codec,

    /// <summary>The rest of the visits: network transfer, thread wake-ups, waiting for a processor on nodes.</summary>
    WireAndWait,

    /// <summary>The update of θ.</summary>
    Optimizer,

    /// <summary>Planning, reporting, checkpoints, and the remainder.</summary>
    Other,
}
