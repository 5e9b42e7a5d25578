namespace TraversalLearning.Models.Optimizers;

/// <summary>How the learning rate changes from one epoch to the next; PyTorch's schedulers.</summary>
public enum ScheduleKind
{
    /// <summary><c>StepLR</c>: times gamma every so many epochs; the default, every epoch, as in the Python system.</summary>
    Step,

    /// <summary><c>MultiStepLR</c>: times gamma after certain epochs.</summary>
    MultiStep,

    /// <summary><c>CosineAnnealingLR</c>: down to 0 along half a cosine (Loshchilov and Hutter 2016, without restarts).</summary>
    Cosine,

    /// <summary>Always the same.</summary>
    Constant,
}

/// <summary>A schedule of the learning rate. It counts epochs from the end of the warm-up.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Gamma"><c>step</c> and <c>multistep</c>: what the rate is multiplied by.</param>
/// <param name="StepSize"><c>step</c>: after how many epochs, again and again.</param>
/// <param name="Epochs"><c>cosine</c>: those of the run, warm-up included and more than it; the rate would reach 0 with the one after the last.</param>
/// <param name="WarmupEpochs">N: epoch e, from 1 to N, has the rate lr · e / N, before the schedule begins with lr. 0 for none.</param>
public sealed record ScheduleSettings(
    ScheduleKind Kind = ScheduleKind.Step, double Gamma = ScheduleSettings.DefaultGamma, int StepSize = 1, int Epochs = 1, int WarmupEpochs = 0)
{
    /// <summary>Gamma of the Python system.</summary>
    public const double DefaultGamma = 0.7;

    /// <summary><c>multistep</c>: after which epochs, rising.</summary>
    public IReadOnlyList<int> Milestones { get; init; } = [];

    /// <summary>Begins the schedule of an optimizer that has done no step.</summary>
    /// <param name="optimizer">Its rate is that of the schedule from now on.</param>
    public LearningRateSchedule Start(TorchSharp.torch.optim.Optimizer optimizer) => new(optimizer, this);
}
