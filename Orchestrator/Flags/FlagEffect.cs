namespace TraversalLearning.Orchestration.Flags;

/// <summary>The effect of a flag, which decides how a resumed run treats it.</summary>
internal enum FlagEffect
{
    /// <summary>No effect on the result; a resumed run keeps the value unless it is given again.</summary>
    None,

    /// <summary>Determines the run's final bytes; a resumed run must use the same value.</summary>
    Result,

    /// <summary>
    /// Determines the run's final bytes; a resumed run may change it, which starts a new branch of the run.
    /// </summary>
    Branch,

    /// <summary>Affects rounding on this machine; a resumed run may change it and logs a warning.</summary>
    Rounding,

    /// <summary>Applies to this part of the run only; not kept in checkpoints.</summary>
    OwnPart,
}
