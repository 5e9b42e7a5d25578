using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Reports.Results;

namespace TraversalLearning.Orchestration.Studies.Comparison;

/// <summary>Flags of <c>compare</c> besides those of its runs.</summary>
internal sealed class CompareFlags
{
    /// <summary>The algorithms to compare.</summary>
    public Flag<AlgorithmList> Algorithms { get; } = Flag.Parsed(
        "--algorithms", "[methods](methods.md) to compare, separated by commas", AlgorithmList.Default, "NAME,…", AlgorithmList.Parse);

    /// <summary>Number of repetitions.</summary>
    public Flag<int> Repetitions { get; } = Flag.Int(
        "--repetitions", "runs of each algorithm; every repetition has the next `--seed` and `--partition_seed`, the same for all algorithms", 1, min: 1, max: 1000);

    /// <summary>Byte budget for the comparison.</summary>
    public Flag<ByteBudget> EqualBytes { get; } = Flag.Parsed(
        "--equal_bytes", "bytes, sent and received, at which methods are compared too; `auto` for the most that every run has spent", ByteBudget.Auto, "BYTES|auto", ByteBudget.Parse);

    /// <summary>Whether nodes run in this process.</summary>
    public Flag<bool> InProcess { get; } = Flag.Switch("--in_process", "nodes in this process, over loopback, instead of a process each");

    /// <summary>The node program.</summary>
    public Flag<string?> NodeProgram { get; } = Flag.OptionalText("--node_program", "the node program", without: "the one beside this program");

    /// <summary>The folder.</summary>
    public Flag<string?> Output { get; } = Flag.OptionalText(
        "--output", "folder for all runs and the reports; in an existing one, incomplete runs are completed", "PATH", without: "`runs/compare-<time>`");

    /// <summary>Flags for observing runs in progress.</summary>
    public ObservationFlags Observation { get; } = new();

    /// <summary>All options of the command.</summary>
    public IReadOnlyList<Option> Options =>
        [Algorithms.Option, Repetitions.Option, EqualBytes.Option, InProcess.Option, NodeProgram.Option, Output.Option, .. Observation.Options];
}
