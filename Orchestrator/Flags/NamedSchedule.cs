using TraversalLearning.Models.Optimizers;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>A schedule of the learning rate as <c>--schedule</c> offers it.</summary>
/// <param name="Name">How it is called.</param>
/// <param name="Kind">Which.</param>
/// <param name="Help">What it does, with the flags that it takes.</param>
internal sealed record NamedSchedule(string Name, ScheduleKind Kind, string Help)
{
    /// <summary>All there are; the first is the default of the command line.</summary>
    public static IReadOnlyList<NamedSchedule> All { get; } =
    [
        new("step", ScheduleKind.Step, "times gamma every step_size epochs; gamma, step_size, warmup_epochs"),
        new("multistep", ScheduleKind.MultiStep, "times gamma after milestones; gamma, milestones, warmup_epochs"),
        new("cosine", ScheduleKind.Cosine, "down a cosine to 0 over the epochs; warmup_epochs"),
        new("constant", ScheduleKind.Constant, "the same; warmup_epochs"),
    ];
}
