using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TraversalLearning.Benchmarks.Runs;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Hosting;

namespace TraversalLearning.Benchmarks.Programs;

/// <summary>Lets contenders train, each in processes of its own, and reads what they took.</summary>
/// <param name="paths">The programs.</param>
/// <param name="data">What they train on.</param>
/// <param name="partition">How nodes deal it out.</param>
/// <param name="partitionSeed">Of that.</param>
/// <param name="folder">Where their run folders go.</param>
internal sealed partial class ContenderRunner(ProgramPaths paths, BenchData data, Partition partition, ulong partitionSeed, string folder)
{
    // So that nothing that went wrong keeps the others waiting for minutes.
    private const string Timeout = "60";
    private int _runs;

    /// <summary>The run folder of the last orchestrator.</summary>
    public string? LastRun { get; private set; }

    /// <summary>Lets one train; not a bare step, which needs no program.</summary>
    public Task<RunFigures> RunAsync(Contender contender, CancellationToken cancellationToken) => contender.Trainer switch
    {
        Trainer.Centralized => RunCentralizedAsync(contender.Workload, cancellationToken),
        Trainer.Traversal => RunTraversalAsync(contender, processes: contender.Nodes, cancellationToken),
        Trainer.PyTorch => RunPyTorchAsync(paths.Peer("pytorch_centralized.py"), contender, [], cancellationToken),
        Trainer.PyTorchDdp => RunPyTorchAsync(paths.Peer("pytorch_ddp.py"), contender, ["--processes", Text(contender.Nodes)], cancellationToken),
        _ => throw new ArgumentOutOfRangeException(nameof(contender), contender, "no program trains it"),
    };

    /// <summary>Traversal learning with nodes that share so many processes.</summary>
    public async Task<RunFigures> RunTraversalAsync(Contender contender, int processes, CancellationToken cancellationToken)
    {
        string[] flags = [.. Flags(contender.Workload), "--num_nodes", Text(contender.Nodes)];
        await using var orchestrator = ChildProcess.Start(
            paths.Orchestrator,
            [
                .. flags, .. RunFlags(contender.Workload), "--cut", contender.Workload.Cut, "--exchange", contender.Exchange, "--compression", "none",
                "--port", "0", "--connect_timeout", Timeout, "--reconnect_timeout", "5",
            ]);
        string run = LastRun!;
        string listening = await orchestrator.WaitForLineAsync("waiting for ", cancellationToken);
        string port = Port().Match(listening).Groups["port"].Value;
        var nodes = new List<ChildProcess>();
        try
        {
            int each = contender.Nodes / processes;
            for (int i = 0; i < processes; i++)
            {
                nodes.Add(ChildProcess.Start(
                    paths.Node,
                    [
                        "--node_id", Text(1 + (i * each)), "--virtual_nodes", Text(each), "--num_nodes", Text(contender.Nodes), "--port", port,
                        .. DataFlags(contender.Workload), "--threads", "1", "--device", "cpu", "--compression", "none", "--connect_timeout", Timeout,
                        .. contender.IsBlind ? (string[])["--state_dir", $"{run}-node{1 + (i * each)}"] : [],
                    ]));
            }

            string[] lines = await orchestrator.EndAsync(cancellationToken);
            string[][] said = await Task.WhenAll(nodes.Select(n => n.EndAsync(cancellationToken)));
            return Read(run) with
            {
                Nodes = [.. said.Select(NodeFigures.Of)],
                AcceptSeconds = lines.Select(l => Joined().Match(l)).FirstOrDefault(m => m.Success) is { } match
                    ? double.Parse(match.Groups["seconds"].Value, CultureInfo.InvariantCulture)
                    : 0,
            };
        }
        finally
        {
            foreach (ChildProcess node in nodes)
            {
                await node.DisposeAsync();
            }
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static RunFigures Read(string run) => RunFigures.OfRun(JsonNode.Parse(File.ReadAllText(Path.Combine(run, "run.json"))));

    [GeneratedRegex(@":(?<port>\d+)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Port();

    [GeneratedRegex("all [0-9]+ nodes have joined, (?<seconds>[0-9.]+) s after", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Joined();

    private async Task<RunFigures> RunCentralizedAsync(Workload workload, CancellationToken cancellationToken)
    {
        await using var program = ChildProcess.Start(paths.Orchestrator, ["centralized", .. Flags(workload), .. RunFlags(workload)]);
        await program.EndAsync(cancellationToken);
        return Read(LastRun!);
    }

    private static async Task<RunFigures> RunPyTorchAsync(string script, Contender contender, string[] more, CancellationToken cancellationToken)
    {
        await using var program = ChildProcess.Start(
            ProgramPaths.Python,
            [
                script, "--model", contender.Workload.Model, "--batch_size", Text(contender.Workload.BatchSize), "--steps", Text(contender.Workload.Steps), .. more,
            ]);
        string[] lines = await program.EndAsync(cancellationToken);
        return RunFigures.OfPyTorch(lines.LastOrDefault() ?? string.Empty);
    }

    private string DatasetOf(Workload workload) => data.WithSamples(workload.BatchSize * workload.Steps);

    private string[] Flags(Workload workload) =>
        ["--model", workload.Model, "--batch_size", Text(workload.BatchSize), .. DataFlags(workload), "--threads", "1", "--device", "cpu"];

    private string[] DataFlags(Workload workload) =>
    [
        "--dataset", DatasetOf(workload), "--partition", partition.ToString(), "--partition_seed", partitionSeed.ToString(CultureInfo.InvariantCulture),
    ];

    private string[] RunFlags(Workload workload)
    {
        LastRun = Path.Combine(folder, $"run-{Text(++_runs)}");
        return ["--epochs", Text(workload.Epochs), "--keep_checkpoints", "1", "--output", LastRun];
    }
}
