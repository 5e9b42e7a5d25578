using System.CommandLine;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>Flags for the samples: their location, their partition among nodes, and how they may be altered.</summary>
internal sealed class DataFlags : FlagSection
{
    public DataFlags()
    {
        var dealing = new DealingFlags("how nodes divide a common data set ([partitions](partitions.md)); here, how it is pooled for comparison");
        Add(new RunFlag<string>(
            Flag.Text(
                "--dataset",
                "`fashion-mnist`, `mnist`, `cifar-10` or a directory ([data](data.md)); the orchestrator reads the test set only, with `none`"
                    + " [nothing](evaluation.md#without-a-test-set)",
                Default.Dataset,
                "NAME|DIR"),
            o => o.Dataset,
            (o, v) => o with { Dataset = v })
        {
            Uses = FlagUse.Compute | FlagUse.Partition,
            Effect = FlagEffect.Result,
            IsSharedWithNodes = true,
            Identity = o => Directory.Exists(o.Dataset) ? Path.GetFullPath(o.Dataset) : o.Dataset,
        });
        Add(new RunFlag<Partition>(dealing.Partition, o => o.Partition, (o, v) => o with { Partition = v })
        {
            Uses = FlagUse.Compute | FlagUse.Partition,
            Effect = FlagEffect.Result,
            IsSharedWithNodes = true,
        });
        Add(new RunFlag<ulong>(dealing.Seed, o => o.PartitionSeed, (o, v) => o with { PartitionSeed = v })
        {
            Uses = FlagUse.Compute | FlagUse.Partition,
            Effect = FlagEffect.Result,
            IsSharedWithNodes = true,
        });
        Add(new RunFlag<Augmentation>(
            Flag.Parsed(
                "--augment",
                "random changes to images before each time that they are trained on ([augmentation](data.md#augmentation))",
                Default.Augmentation,
                "none|flip|crop:n[,flip]",
                Augmentation.Parse),
            o => o.Augmentation,
            (o, v) => o with { Augmentation = v })
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Result,
            IsOmittedAtDefault = true,
        });
        Add(new RunFlag<bool>(
            Flag.Switch("--allow_any_range", "accept nodes whose numbers are a hundred times as large as those of others ([samples](data.md#samples-and-labels))"),
            o => o.AllowAnyRange,
            (o, v) => o with { AllowAnyRange = v }) { Uses = FlagUse.Compute });
        Add(new RunFlag<bool>(
            Flag.Switch("--allow_nonfinite", "continue when a loss or a reply is NaN or infinite"), o => o.AllowNonFinite, (o, v) => o with { AllowNonFinite = v })
        {
            Uses = FlagUse.Compute,
        });
    }

    /// <inheritdoc/>
    public override RunOptions Read(RunOptions options, ParseResult result)
    {
        RunOptions read = base.Read(options, result);
        return read.Augmentation.Misfit(read.Model) is { } misfit ? throw new UserErrorException(ExitCode.Usage, misfit) : read;
    }
}
