namespace TraversalLearning.Models.Optimizers;

/// <summary>Learning-rate schedules, one step per epoch, as in PyTorch.</summary>
public enum ScheduleKind
{
    /// <summary><c>StepLR</c>: multiplies by gamma every so many epochs; by default every epoch, as in the Python system.</summary>
    Step,

    /// <summary><c>MultiStepLR</c>: multiplies by gamma after certain epochs.</summary>
    MultiStep,

    /// <summary><c>CosineAnnealingLR</c>: decays to 0 along half a cosine (Loshchilov and Hutter 2016, without restarts).</summary>
    Cosine,

    /// <summary>Constant rate.</summary>
    Constant,
}

/// <summary>A learning-rate schedule. Epochs are counted from the end of the warm-up.</summary>
/// <param name="Kind">The schedule.</param>
/// <param name="Gamma"><c>step</c> and <c>multistep</c>: the factor.</param>
/// <param name="StepSize"><c>step</c>: epochs between two reductions.</param>
/// <param name="Epochs"><c>cosine</c>: epochs of the run, more than the warm-up, which is included; the rate would reach 0 in the epoch after the last.</param>
/// <param name="WarmupEpochs">N: epoch e, from 1 to N, has the rate lr · e / N, before the schedule starts from lr. 0 for none.</param>
public sealed record ScheduleSettings(
    ScheduleKind Kind = ScheduleKind.Step, double Gamma = ScheduleSettings.DefaultGamma, int StepSize = 1, int Epochs = 1, int WarmupEpochs = 0)
{
    /// <summary>The Python system's gamma.</summary>
    public const double DefaultGamma = 0.7;

    /// <summary><c>multistep</c>: the epochs after which the rate is reduced, ascending.</summary>
    public IReadOnlyList<int> Milestones { get; init; } = [];

    /// <summary>Starts the schedule of a fresh optimizer.</summary>
    /// <param name="optimizer">The optimizer; the schedule sets its rate from now on.</param>
    public LearningRateSchedule Start(TorchSharp.torch.optim.Optimizer optimizer) => new(optimizer, this);
}
