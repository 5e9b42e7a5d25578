namespace TraversalLearning.Orchestration.Events;

/// <summary>What the time of a step goes into. docs/reference/run-folder.md has the definitions.</summary>
internal enum StepPart
{
    /// <summary>Nodes compute: in each phase as long as the one that computed longest.</summary>
    NodeCompute,

    /// <summary>The orchestrator computes: central backward pass, sum of the first-layer gradients.</summary>
    OrchestratorCompute,

    /// <summary>The orchestrator encodes, decodes and checks tensors: checksums, LZ4, NaN.</summary>
    Codec,

    /// <summary>The rest of the visits: bytes on their way, threads that wake up, nodes that wait for a processor.</summary>
    WireAndWait,

    /// <summary>The update of θ.</summary>
    Optimizer,

    /// <summary>Planning, reporting, checkpoints, and what is left.</summary>
    Other,
}
