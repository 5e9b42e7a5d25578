namespace TraversalLearning.Orchestration.Export;

/// <summary>What samples are that are neither rows of tables nor tokens; a model does not say which it was trained with.</summary>
internal enum ExportedInput
{
    /// <summary>uint8, normalised in the graph.</summary>
    Pixels,

    /// <summary>float32, as they are.</summary>
    Numbers,
}
