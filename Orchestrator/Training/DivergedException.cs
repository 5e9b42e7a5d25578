using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Training;

/// <summary>From where a run that has met NaN or infinity can go on.</summary>
internal enum GoOnFrom
{
    /// <summary>The model is sound.</summary>
    LastCheckpoint,

    /// <summary>With the model of the last step it would at once happen again.</summary>
    EarlierCheckpoint,

    /// <summary>It has come to its end.</summary>
    Nowhere,
}

/// <summary>A loss, or what a node has computed, is NaN or infinite.</summary>
internal sealed class DivergedException(string message, GoOnFrom goOnFrom = GoOnFrom.EarlierCheckpoint, Exception? inner = null)
    : UserErrorException(ExitCode.TrainingFailed, message, inner)
{
    /// <summary>From where the run can go on, once its cause is mended.</summary>
    public GoOnFrom GoOnFrom { get; } = goOnFrom;
}
