namespace TraversalLearning.Hosting;

/// <summary>Exit codes of the programs (docs/reference/exit-codes.md).</summary>
public enum ExitCode
{
    /// <summary>Success.</summary>
    Success = 0,

    /// <summary>A defect of the program; the log has the stack trace.</summary>
    InternalError = 1,

    /// <summary>A wrong flag or value.</summary>
    Usage = 2,

    /// <summary>An address cannot be bound or reached.</summary>
    Network = 3,

    /// <summary>The orchestrator rejected the node, or the node the orchestrator.</summary>
    Rejected = 4,

    /// <summary>A node did not connect, or did not reconnect.</summary>
    NodeLost = 5,

    /// <summary>Training failed: a computation failed, or results cannot be written.</summary>
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
