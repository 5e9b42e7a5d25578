using System.CommandLine;
using System.Text;
using TraversalLearning.Data;
using TraversalLearning.Data.Datasets;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Commands;

/// <summary><c>partition</c>: prints how many samples of each class every node would hold, without training.</summary>
internal static class PartitionCommand
{
    /// <summary>The <c>--help</c> text: one line per partitioner.</summary>
    public static string Description { get; } =
        "Shows how --partition deals a training set out: a table of nodes and classes, and a chart of it.\n"
        + string.Join('\n', Partitioner.All.Select(p => $"  {p.Usage,-12} {p.Help}"));

    public static async Task<int> RunAsync(RunFlags flags, Flag<string?> output, ParseResult arguments, CancellationToken cancellationToken)
    {
        RunOptions options = flags.Read(arguments);
        NeededDataset.Require(options.Dataset, "partition");
        ISamples samples = await OpenAsync(options.Dataset, cancellationToken);
        int[][] parts = ErrorTable.ReadingData.Guard(() => options.Dealing.Deal(samples));
        var table = PartitionTable.Of(samples.Labels, parts);
        string title = $"{options.Dataset}, {options.Partition}, seed {options.PartitionSeed}";
        Console.WriteLine($"{title}: {samples.Count} samples, {options.NumNodes} nodes");
        Console.Write(table.ToText());
        if (output.Get(arguments) is { } file)
        {
            Write(file, table.ToChart(title).ToSvg());
        }

        return (int)ExitCode.Success;
    }

    private static async Task<ISamples> OpenAsync(string dataset, CancellationToken cancellationToken)
    {
        // Standard output carries only the table.
        DatasetFiles files = await RunContext.LocateAsync(dataset, new Progress<string>(Console.Error.WriteLine), cancellationToken);
        return ErrorTable.ReadingData.Guard(files.OpenTrain);
    }

    private static void Write(string file, string svg) => ErrorTable.Writing.Guard(
        () => ReplacedFile.Write(file, Encoding.UTF8.GetBytes(svg)), e => $"--output '{file}' cannot be written: {FileError.ReasonOf(file, e)}");
}
