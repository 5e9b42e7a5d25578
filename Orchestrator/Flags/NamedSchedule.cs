using TraversalLearning.Models.Optimizers;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>A learning-rate schedule as offered by <c>--schedule</c>.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Kind">The schedule.</param>
/// <param name="Help">A description, with the flags that it accepts.</param>
internal sealed record NamedSchedule(string Name, ScheduleKind Kind, string Help)
{
    /// <summary>All schedules; the first is the default on the command line.</summary>
    public static IReadOnlyList<NamedSchedule> All { get; } =
    [
        new("step", ScheduleKind.Step, "times gamma every step_size epochs; gamma, step_size, warmup_epochs"),
        new("multistep", ScheduleKind.MultiStep, "times gamma after milestones; gamma, milestones, warmup_epochs"),
        new("cosine", ScheduleKind.Cosine, "down a cosine to 0 over the epochs; warmup_epochs"),
        new("constant", ScheduleKind.Constant, "the same; warmup_epochs"),
    ];
}
