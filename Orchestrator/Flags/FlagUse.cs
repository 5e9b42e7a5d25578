namespace TraversalLearning.Orchestration.Flags;

/// <summary>The commands that accept a run flag.</summary>
[Flags]
internal enum FlagUse
{
    /// <summary>The orchestrator's own command.</summary>
    Run = 1,

    /// <summary><c>centralized</c>.</summary>
    Centralized = 2,

    /// <summary><c>verify</c>.</summary>
    Verify = 4,

    /// <summary><c>compare</c>, for all of its runs.</summary>
    Compare = 8,

    /// <summary><c>partition</c>.</summary>
    Partition = 16,

    /// <summary><c>audit</c>, for each of its runs.</summary>
    Audit = 32,

    /// <summary>Every command that trains whole epochs.</summary>
    Epochs = Run | Centralized | Compare,

    /// <summary>Every command whose runs visit nodes.</summary>
    Visits = Run | Verify | Compare,

    /// <summary>Every command that computes.</summary>
    Compute = Run | Centralized | Verify | Compare | Audit,
}
