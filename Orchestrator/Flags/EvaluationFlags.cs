using System.CommandLine;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>The samples of a data set that a trained model is asked about.</summary>
internal enum DataSplit
{
    /// <summary>Those that no model has learned from.</summary>
    Test,

    /// <summary>Those that nodes would deal out among themselves.</summary>
    Train,
}

/// <summary>The flags of <c>predict</c> and <c>evaluate</c>.</summary>
internal sealed class EvaluationFlags
{
    /// <summary>A run folder, or one of its checkpoints.</summary>
    public Flag<string> ModelDirectory { get; } = Flag.RequiredText("--model_dir", "folder of a run, or one of its checkpoints", "DIR");

    /// <summary>The data set.</summary>
    public Flag<string> Dataset { get; } = Flag.RequiredText("--dataset", "`fashion-mnist`, `mnist`, `cifar-10` or a directory ([data](data.md))", "NAME|DIR");

    /// <summary>Which of its samples.</summary>
    public Flag<DataSplit> Split { get; } = Flag.Choice("--split", "which samples of the data set", ("test", DataSplit.Test), ("train", DataSplit.Train));

    /// <summary>How many of them at once.</summary>
    public Flag<int> BatchSize { get; } = Flag.Int("--batch_size", "samples at once; less takes less memory", 1000, min: 1, max: 1 << 24);

    /// <summary>Where to compute.</summary>
    public ComputeFlags Compute { get; } = new();

    /// <summary>Whether samples' numbers may be of any magnitude beside those that the model was trained with.</summary>
    public Flag<bool> AllowAnyRange { get; } = Flag.Switch(
        "--allow_any_range", "accept samples whose numbers are a hundred times as large or as small as those in training");

    /// <summary>Where predictions go.</summary>
    public Flag<string?> Output { get; } = Flag.OptionalText("--output", "CSV file to write; an existing one is replaced", "PATH", without: "standard output");

    /// <summary>What both commands take.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[ModelDirectory.Option, Dataset.Option, Split.Option, BatchSize.Option, .. Compute.Options, AllowAnyRange.Option])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What <c>predict</c> takes besides.</summary>
    public void AddOutputTo(Command command) => command.Options.Add(Output.Option);
}
