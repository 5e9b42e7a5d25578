using System.CommandLine;
using TraversalLearning.Benchmarks.Programs;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Hosting;

namespace TraversalLearning.Benchmarks;

/// <summary>The command line.</summary>
internal static class BenchCommand
{
    public static RootCommand Create()
    {
        Flag<bool> quick = Flag.Switch("--quick", "Some two minutes: three nodes, fewer steps and rounds, no scale");
        Flag<bool> smoke = Flag.Switch("--smoke", "Some seconds: shows that it works, and says nothing about speed");
        Flag<int> rounds = Flag.Int("--rounds", "How often everything is measured, in turn; 0: 3, with --quick 2", 0, min: 0, max: 1000);
        Flag<string> output = Flag.Text("--output", "Where tables and charts go", Path.Combine("docs", "bench"));
        Flag<string> dataset = Flag.Text("--dataset", "What is trained on (fashion-mnist, mnist, or a directory); its first samples are taken", "fashion-mnist");
        Flag<Partition> partition = Flag.Parsed(
            "--partition", $"How the samples are dealt out to nodes: {Partition.Usage}", Partition.RoundRobin, "name[:number]", Partition.Parse);
        Flag<ulong> partitionSeed = Flag.Seed("--partition_seed", "Seed of the partition", 1);
        var root = new RootCommand("Measures traversal learning against centralized training, side by side, and says where the time goes.");
        foreach (Option option in (Option[])[quick.Option, smoke.Option, rounds.Option, output.Option, dataset.Option, partition.Option, partitionSeed.Option])
        {
            root.Options.Add(option);
        }

        root.SetAction(async (arguments, cancellationToken) =>
        {
            BenchPlan plan = smoke.Get(arguments) ? BenchPlan.Smoke : quick.Get(arguments) ? BenchPlan.Quick : BenchPlan.Full;
            if (rounds.Get(arguments) is > 0 and int asked)
            {
                plan = plan with { Rounds = asked };
            }

            var paths = ProgramPaths.Find();
            DirectoryInfo folder = Directory.CreateTempSubdirectory("tl-bench-");
            try
            {
                BenchData data = await BenchData.ReadAsync(dataset.Get(arguments), folder.FullName, cancellationToken);
                await new BenchRun(plan, paths, data, partition.Get(arguments), partitionSeed.Get(arguments), folder.FullName).RunAsync(output.Get(arguments), cancellationToken);
                return (int)ExitCode.Success;
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        });
        return root;
    }
}
