namespace TraversalLearning.Orchestration.Flags;

/// <summary>What a flag decides, for a run that resumes.</summary>
internal enum FlagEffect
{
    /// <summary>Nothing of the result; a resumed run keeps it where it is not given again.</summary>
    None,

    /// <summary>The run's final bytes: a resumed run must have the same.</summary>
    Result,

    /// <summary>The run's final bytes; a resumed run may change it, as a new branch of the run.</summary>
    Branch,

    /// <summary>How the machine rounds: a resumed run may have another, and warns of it.</summary>
    Rounding,

    /// <summary>This part of the run alone: a checkpoint does not keep it.</summary>
    OwnPart,
}
