using System.CommandLine;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>The split of a data set on which a trained model is evaluated.</summary>
internal enum DataSplit
{
    /// <summary>Samples unseen in training.</summary>
    Test,

    /// <summary>Samples that nodes would divide among themselves for training.</summary>
    Train,
}

/// <summary>Flags of <c>predict</c> and <c>evaluate</c>.</summary>
internal sealed class EvaluationFlags
{
    /// <summary>A run folder, or one of its checkpoints.</summary>
    public Flag<string> ModelDirectory { get; } = Flag.RequiredText("--model_dir", "folder of a run, or one of its checkpoints", "DIR");

    /// <summary>The data set.</summary>
    public Flag<string> Dataset { get; } = Flag.RequiredText("--dataset", "`fashion-mnist`, `mnist`, `cifar-10` or a directory ([data](data.md))", "NAME|DIR");

    /// <summary>The split to use.</summary>
    public Flag<DataSplit> Split { get; } = Flag.Choice("--split", "which samples of the data set", ("test", DataSplit.Test), ("train", DataSplit.Train));

    /// <summary>Samples per forward pass.</summary>
    public Flag<int> BatchSize { get; } = Flag.Int("--batch_size", "samples at once; less takes less memory", 1000, min: 1, max: 1 << 24);

    /// <summary>The device to compute on.</summary>
    public ComputeFlags Compute { get; } = new();

    /// <summary>Whether values may differ in magnitude from the training data.</summary>
    public Flag<bool> AllowAnyRange { get; } = Flag.Switch(
        "--allow_any_range", "accept samples whose numbers are a hundred times as large or as small as those in training");

    /// <summary>The file for predictions.</summary>
    public Flag<string?> Output { get; } = Flag.OptionalText("--output", "CSV file to write; an existing one is replaced", "PATH", without: "standard output");

    /// <summary>Adds the flags of both commands.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[ModelDirectory.Option, Dataset.Option, Split.Option, BatchSize.Option, .. Compute.Options, AllowAnyRange.Option])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Adds the flags specific to <c>predict</c>.</summary>
    public void AddOutputTo(Command command) => command.Options.Add(Output.Option);
}
