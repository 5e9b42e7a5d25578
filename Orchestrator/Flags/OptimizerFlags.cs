using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>Flags of the optimizer and the learning-rate schedule.</summary>
internal sealed class OptimizerFlags : FlagSection
{
    private const string ScheduleFlag = "--schedule";

    public OptimizerFlags()
    {
        OptimizerSettings optimizer = Default.Optimizer;
        ScheduleSettings schedule = optimizer.Schedule;
        Add(new RunFlag<OptimizerKind>(
            Flag.Choice("--optimizer", "optimizer, as in PyTorch", [.. NamedOptimizer.All.Select(o => (o.Name, o.Kind))]),
            o => o.Optimizer.Kind,
            (o, v) => o with { Optimizer = o.Optimizer with { Kind = v } })
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Result,
        });
        Add(new RunFlag<double?>(
            Flag.OptionalNumber("--lr", "learning rate", min: 0, without: "1.0 adadelta, 0.01 sgd, 0.001 adam and adamw"),
            o => o.Optimizer.EffectiveLearningRate,
            (o, v) => o with { Optimizer = o.Optimizer with { LearningRate = v } })
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Branch,
        });
        Add(new RunFlag<ScheduleKind>(
            Flag.Choice(ScheduleFlag, "[learning rate](training.md#learning-rate) over the epochs", [.. NamedSchedule.All.Select(s => (s.Name, s.Kind))]),
            o => o.Optimizer.Schedule.Kind,
            (o, v) => With(o, s => s with { Kind = v }))
        {
            Uses = FlagUse.Epochs,
            Effect = FlagEffect.Branch,
            Formerly = "step",
        });
        Add(new RunFlag<double>(
            Flag.Number("--gamma", "factor of the schedules `step` and `multistep`", schedule.Gamma, min: 0, max: 1),
            o => o.Optimizer.Schedule.Gamma,
            (o, v) => With(o, s => s with { Gamma = v }))
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Branch,
        });
        Add(new RunFlag<int>(
            Flag.Int("--step_size", "epochs between two steps of the schedule `step`", schedule.StepSize, min: 1),
            o => o.Optimizer.Schedule.StepSize,
            (o, v) => With(o, s => s with { StepSize = v }))
        {
            Uses = FlagUse.Epochs,
            Effect = FlagEffect.Branch,
            Formerly = "1",
        });
        Add(new RunFlag<int[]>(
            Flag.Rising("--milestones", "epochs after which the schedule `multistep` takes a step, such as `3,6`"),
            o => [.. o.Optimizer.Schedule.Milestones],
            (o, v) => With(o, s => s with { Milestones = v }))
        {
            Uses = FlagUse.Epochs,
            Effect = FlagEffect.Branch,
            IsOmittedAtDefault = true,
        });
        Add(new RunFlag<int>(
            Flag.Int("--warmup_epochs", "epochs in which the learning rate rises to its value, before the schedule begins", schedule.WarmupEpochs, min: 0),
            o => o.Optimizer.Schedule.WarmupEpochs,
            (o, v) => With(o, s => s with { WarmupEpochs = v }))
        {
            Uses = FlagUse.Epochs,
            Effect = FlagEffect.Branch,
            Formerly = "0",
        });
        Add(new RunFlag<double>(
            Flag.Number("--momentum", "momentum of `sgd`", optimizer.Momentum, min: 0, max: 1),
            o => o.Optimizer.Momentum,
            (o, v) => o with { Optimizer = o.Optimizer with { Momentum = v } })
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Result,
        });
        Add(new RunFlag<bool>(
            Flag.Switch("--nesterov", "Nesterov's momentum for `sgd`"),
            o => o.Optimizer.Nesterov,
            (o, v) => o with { Optimizer = o.Optimizer with { Nesterov = v } })
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Result,
        });
        Add(new RunFlag<double>(
            Flag.Number("--weight_decay", "weight decay", optimizer.WeightDecay, min: 0),
            o => o.Optimizer.WeightDecay,
            (o, v) => o with { Optimizer = o.Optimizer with { WeightDecay = v } })
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Result,
        });
        Add(new RunFlag<double>(
            Flag.Number(
                "--clip_grad_norm",
                "largest norm of a step's gradient, taken as one vector; 0 for no limit ([clipping](training.md#clipping))",
                optimizer.ClipGradNorm,
                min: 0),
            o => o.Optimizer.ClipGradNorm,
            (o, v) => o with { Optimizer = o.Optimizer with { ClipGradNorm = v } })
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Branch,
            Formerly = "0",
        });
    }

    /// <summary>Flags specific to some schedules: another schedule uses its own defaults, not earlier values.</summary>
    public static IReadOnlyList<string> OfSchedule { get; } = ["--gamma", "--step_size", "--milestones"];

    /// <inheritdoc/>
    public override RunOptions Read(RunOptions options, ParseResult result)
    {
        RunOptions read = With(base.Read(options, result), s => s with { Epochs = options.Epochs });
        OptimizerSettings optimizer = read.Optimizer;
        ScheduleSettings schedule = optimizer.Schedule;
        string? wrong = schedule switch
        {
            { StepSize: not 1, Kind: not ScheduleKind.Step } => "--step_size belongs to --schedule step",
            { Milestones.Count: > 0, Kind: not ScheduleKind.MultiStep } => "--milestones belongs to --schedule multistep",
            { Milestones.Count: 0, Kind: ScheduleKind.MultiStep } => "--schedule multistep needs --milestones, such as 3,6",
            { Gamma: not ScheduleSettings.DefaultGamma, Kind: ScheduleKind.Cosine or ScheduleKind.Constant } => "--gamma belongs to --schedule step and multistep",
            { Kind: ScheduleKind.Cosine } when schedule.WarmupEpochs >= schedule.Epochs =>
                $"--schedule cosine needs more --epochs than --warmup_epochs, not {schedule.Epochs} and {schedule.WarmupEpochs}",
            _ when (optimizer.Momentum > 0 || optimizer.Nesterov) && optimizer.Kind != OptimizerKind.Sgd => "--momentum and --nesterov belong to --optimizer sgd",
            _ when optimizer.Nesterov && optimizer.Momentum == 0 => "--nesterov needs a --momentum above 0",
            _ => null,
        };
        return wrong is null ? read : throw new UserErrorException(ExitCode.Usage, wrong);
    }

    private static RunOptions With(RunOptions options, Func<ScheduleSettings, ScheduleSettings> change) =>
        options with { Optimizer = options.Optimizer with { Schedule = change(options.Optimizer.Schedule) } };
}
