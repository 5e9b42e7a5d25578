using TraversalLearning.Data;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>Flags for a run's size and seed.</summary>
internal sealed class SizeFlags : FlagSection
{
    public SizeFlags()
    {
        Add(new RunFlag<int>(
            Flag.Int("--num_nodes", "number of nodes; their ids are 1 to N", Default.NumNodes, min: 1, max: 100_000),
            o => o.NumNodes,
            (o, v) => o with { NumNodes = v })
        {
            Uses = FlagUse.Compute | FlagUse.Partition,
            Effect = FlagEffect.Result,
            IsSharedWithNodes = true,
        });
        Add(new RunFlag<int>(Flag.Int("--epochs", "passes over all samples", Default.Epochs, min: 1), o => o.Epochs, (o, v) => o with { Epochs = v })
        {
            Uses = FlagUse.Epochs,
            Effect = FlagEffect.Result,

            // Runs with other schedules can be extended; a cosine schedule depends on the number of epochs.
            Identity = o => o.Optimizer.Schedule.Kind == Models.Optimizers.ScheduleKind.Cosine ? Text(o.Optimizer.Schedule.Epochs) : null,
        });
        Add(new RunFlag<int>(
            Flag.Int("--batch_size", "rows of a virtual batch", Default.BatchSize, min: 1, max: 1 << 24), o => o.BatchSize, (o, v) => o with { BatchSize = v })
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Result,
        });
        Add(new RunFlag<LastBatch>(
            Flag.Choice(
                "--last_batch",
                "whether a smaller [last batch](training.md#the-last-batch) is kept or left out",
                ("keep", LastBatch.Keep),
                ("drop", LastBatch.Drop)),
            o => o.LastBatch,
            (o, v) => o with { LastBatch = v })
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Result,
            IsOmittedAtDefault = true,
        });
        Add(new RunFlag<ulong>(Flag.Seed("--seed", "seed of initial parameters and shuffles", Default.Seed), o => o.Seed, (o, v) => o with { Seed = v })
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Result,
        });
    }

    private static string Text(int value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
