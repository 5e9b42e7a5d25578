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
    public Flag<string> ModelDirectory { get; } = Flag.RequiredText("--model_dir", "Where the model is: the folder of a run, or one of its checkpoints");

    /// <summary>The data set.</summary>
    public Flag<string> Dataset { get; } = Flag.RequiredText("--dataset", "fashion-mnist, mnist, cifar-10, or a directory (docs/reference/data.md)");

    /// <summary>Which of its samples.</summary>
    public Flag<DataSplit> Split { get; } = Flag.Choice("--split", "Which samples of the data set", ("test", DataSplit.Test), ("train", DataSplit.Train));

    /// <summary>How many of them at once.</summary>
    public Flag<int> BatchSize { get; } = Flag.Int("--batch_size", "Samples at once; less takes less memory", 1000, min: 1, max: 1 << 24);

    public Flag<string> Device { get; } = Flag.Text("--device", "auto, cpu, cuda or cuda:n", "auto");

    public Flag<bool> NoAccelerator { get; } = Flag.Switch("--no-accel", "Stay on the CPU");

    /// <summary>Threads for computation; 0 for all cores.</summary>
    public Flag<int> Threads { get; } = Flag.Int("--threads", "Threads for computation; 0 for all cores", 0, min: 0, max: LibTorch.MaxThreads);

    /// <summary>Whether samples' numbers may be of any magnitude beside those that the model was trained with.</summary>
    public Flag<bool> AllowAnyRange { get; } = Flag.Switch("--allow_any_range", "Take samples whose numbers are a hundred times as large or small as those that the model was trained with");

    /// <summary>Where predictions go.</summary>
    public Flag<string?> Output { get; } = Flag.OptionalText("--output", "CSV file to write; one of that name is replaced [default: standard output]");

    /// <summary>What both commands take.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in new[]
        {
            ModelDirectory.Option, Dataset.Option, Split.Option, BatchSize.Option, Device.Option, NoAccelerator.Option, Threads.Option, AllowAnyRange.Option,
        })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What <c>predict</c> takes besides.</summary>
    public void AddOutputTo(Command command) => command.Options.Add(Output.Option);
}
