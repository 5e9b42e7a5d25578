using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>Flags for the run folder: output, checkpoints, resume.</summary>
internal sealed class FolderFlags : FlagSection
{
    public FolderFlags()
    {
        Add(new RunFlag<int>(
            Flag.Int(
                "--checkpoint_every",
                "steps between two [checkpoints](../guide/interruptions.md#resume-a-run); 0 for one after every epoch",
                Default.CheckpointEvery,
                min: 0),
            o => o.CheckpointEvery,
            (o, v) => o with { CheckpointEvery = v }) { Uses = FlagUse.Epochs });
        Add(new RunFlag<int>(
            Flag.Int("--keep_checkpoints", "number of checkpoints to keep", Default.KeepCheckpoints, min: 1),
            o => o.KeepCheckpoints,
            (o, v) => o with { KeepCheckpoints = v }) { Uses = FlagUse.Epochs });
        Add(new RunFlag<bool>(Flag.Switch("--log_steps", "a row of `metrics.csv` for every step"), o => o.LogSteps, (o, v) => o with { LogSteps = v })
        {
            Uses = FlagUse.Epochs,
        });
        Verbose = Add(new RunFlag<bool>(Flag.Switch("--verbose", "debug events in the log"), o => o.Verbose, (o, v) => o with { Verbose = v })
        {
            Uses = FlagUse.Epochs,
            Effect = FlagEffect.OwnPart,
        });
        Output = Add(new RunFlag<string?>(
            Flag.OptionalText("--output", "[run folder](run-folder.md)", "PATH", without: "`runs/<time>`"), o => o.Output, (o, v) => o with { Output = v })
        {
            Uses = FlagUse.Run | FlagUse.Centralized,
            Effect = FlagEffect.OwnPart,
        });
        Resume = Add(new RunFlag<string?>(
            Flag.OptionalText(
                "--resume",
                "[continue](../guide/interruptions.md#resume-a-run) an interrupted run: its folder, one of its checkpoints, or `latest`;"
                    + " flags that are not given are as they were",
                "PATH|latest"),
            static _ => null)
        {
            Uses = FlagUse.Run | FlagUse.Centralized,
            Effect = FlagEffect.OwnPart,
        });
    }

    /// <summary>Whether the log includes debug messages.</summary>
    public RunFlag<bool> Verbose { get; }

    /// <summary>The run folder.</summary>
    public RunFlag<string?> Output { get; }

    /// <summary>The run to continue.</summary>
    public RunFlag<string?> Resume { get; }
}
