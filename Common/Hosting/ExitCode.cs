namespace TraversalLearning.Hosting;

/// <summary>How the programs end (docs/reference/exit-codes.md).</summary>
public enum ExitCode
{
    /// <summary>Done.</summary>
    Success = 0,

    /// <summary>A defect of the program; the log has the trace.</summary>
    InternalError = 1,

    /// <summary>A wrong flag or value.</summary>
    Usage = 2,

    /// <summary>An address cannot be bound or reached.</summary>
    Network = 3,

    /// <summary>The orchestrator refused the node, or the node the orchestrator.</summary>
    Rejected = 4,

    /// <summary>A node did not come, or did not come back.</summary>
    NodeLost = 5,

    /// <summary>Training cannot go on: a computation failed, or its results cannot be written.</summary>
    TrainingFailed = 6,

    /// <summary>A data set, a model, or every checkpoint of a run to be resumed, is missing or damaged.</summary>
    Data = 7,

    /// <summary><c>verify</c> found a difference from centralized training.</summary>
    NotEqual = 8,

    /// <summary>libtorch cannot be loaded.</summary>
    Library = 9,

    /// <summary>Ended by Ctrl-C or SIGTERM.</summary>
    Cancelled = 130,
}
