using System.Net;
using TraversalLearning.Data.Batches;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Tests.Support;

/// <summary>
/// What tests of the real programs share: 150 samples on disk, trained on for two epochs by three nodes in batches of 16, that is in twenty
/// steps, and the hash that this ends with.
/// </summary>
internal sealed class ProgramRuns : IDisposable
{
    public const int StepsPerEpoch = 10;
    private const int BatchSize = 16;

    private readonly bool _isBlind;

    private ProgramRuns(Exchange exchange, string hash)
    {
        Data = Folder.WriteDataset();
        Hash = hash;
        Flags =
        [
            "--dataset", Data, "--num_nodes", "3", "--epochs", "2", "--batch_size", $"{BatchSize}", "--threads", "1", "--device", "cpu",
            .. exchange == Exchange.TwoPhase ? [] : (string[])["--exchange", exchange.ToWord()],
            .. exchange == Exchange.Blind ? (string[])["--reveal_model", "end"] : [],
        ];
        _isBlind = exchange == Exchange.Blind;
        PolicyPath = Folder["policy.yaml"];
        File.WriteAllText(PolicyPath, PolicyFile.PermissiveText);
    }

    public TempFolder Folder { get; } = new();

    /// <summary>The data set's folder.</summary>
    public string Data { get; }

    /// <summary>A policy that allows everything.</summary>
    public string PolicyPath { get; }

    /// <summary>What an undisturbed run ends with, as nodes in this process give it.</summary>
    public string Hash { get; }

    /// <summary>The orchestrator's flags but for its port and its run folder.</summary>
    public string[] Flags { get; }

    /// <summary>Writes the data, and trains in this process.</summary>
    public static async Task<ProgramRuns> CreateAsync(Exchange exchange = Exchange.TwoPhase)
    {
        var options = new ClusterOptions
        {
            Model = ModelPresets.Create("mlp"),
            Images = IdxData.TrainImages(),
            Partition = Partition.RoundRobin.Deal(IdxData.TrainImages().Labels, 3, seed: 1),
            BatchSize = BatchSize,
            MicroBatchRows = RunOptions.DefaultMicroBatchRows,
            Exchange = exchange,
            MinNodesPerBatch = NodePolicy.DefaultBlindNodes,
        };
        using Turn turn = await Turn.TakeAsync();
        return new ProgramRuns(exchange, (await TestCluster.RunAsync(options, epochs: 2)).Hash);
    }

    /// <summary>How many nodes have samples in the batch of a step, from 0.</summary>
    public static int VisitsOf(int step) =>
        new VirtualBatchPlanner([50, 50, 50], BatchSize, seed: 1).Epoch(1 + (step / StepsPerEpoch)).ElementAt(step % StepsPerEpoch).Plan.Visits.Count;

    /// <summary>A new run in a folder of that name, on a free port.</summary>
    public RunningProgram StartOrchestrator(string output, params string[] flags) =>
        RunningProgram.StartOrchestrator([.. Flags, "--port", "0", "--output", Folder[output], .. flags]);

    /// <summary>A node that holds its third of the data.</summary>
    public RunningProgram StartNode(int id, int port, params string[] flags) => RunningProgram.StartNode(NodeFlags(id, port, flags));

    /// <summary>The same in this process.</summary>
    public RunningCommand StartNodeHere(int id, int port) => RunningCommand.StartNode(NodeFlags(id, port, []));

    private string[] NodeFlags(int id, int port, string[] flags) =>
    [
        "--node_id", $"{id}", "--num_nodes", "3", "--port", $"{port}", "--dataset", Data, "--threads", "1", "--device", "cpu",
        .. _isBlind ? (string[])["--policy", PolicyPath, "--state_dir", Folder[$"state-{id}"]] : [],
        .. flags,
    ];

    /// <summary>A proxy in front of an orchestrator on this machine.</summary>
    public static FaultProxy Proxy(int port, Func<ProxiedFrame, Task> policy) => new(new IPEndPoint(IPAddress.Loopback, port), policy);

    /// <inheritdoc/>
    public void Dispose() => Folder.Dispose();
}
