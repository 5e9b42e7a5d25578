using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Training;

/// <summary>Where a diverged run can resume.</summary>
internal enum GoOnFrom
{
    /// <summary>The last checkpoint; its model is finite.</summary>
    LastCheckpoint,

    /// <summary>A checkpoint before the last one; the last model would diverge again at once.</summary>
    EarlierCheckpoint,

    /// <summary>No resume is possible: the run has completed.</summary>
    Nowhere,
}

/// <summary>A loss or a node's result is NaN or infinite.</summary>
internal sealed class DivergedException(string message, GoOnFrom goOnFrom = GoOnFrom.EarlierCheckpoint, Exception? inner = null)
    : UserErrorException(ExitCode.TrainingFailed, message, inner)
{
    /// <summary>Where the run can resume once the cause is fixed.</summary>
    public GoOnFrom GoOnFrom { get; } = goOnFrom;
}
