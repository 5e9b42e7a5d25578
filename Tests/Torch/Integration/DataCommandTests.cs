using System.Runtime.InteropServices;
using System.Text;
using TraversalLearning.Data;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Command lines on data that are no IDX images: each node has arrays of its own, the orchestrator only a test set.</summary>
public sealed class DataCommandTests
{
    private static readonly int[] Shards = [60, 20, 40];
    private readonly TempFolder _folder = new();
    private readonly SampleSet _train = Synthetic.Numbers(SampleElement.Float32, Synthetic.Images(120, side: 28));

    [OneTimeSetUp]
    public void WriteData()
    {
        int[][] partition = Synthetic.Partition(Shards);
        for (int node = 1; node <= Shards.Length; node++)
        {
            _folder.WriteNpy($"node{node}", "train", _train.Select(partition[node - 1]));
        }

        _folder.WriteNpy("common", "train", _train);
        _folder.WriteNpy("test", "test", Synthetic.Numbers(SampleElement.Float32, Synthetic.Images(30, side: 28, seed: 8)));
        _folder.WriteNpy("common", "test", Synthetic.Numbers(SampleElement.Float32, Synthetic.Images(30, side: 28, seed: 8)));
        _folder.WriteNpy("texts", "train", Synthetic.Tokens(SampleElement.Int64, count: 30, length: 6, words: 20, classes: 3));
        _folder.Write("colours/data_batch_1.bin", CifarFiles.Make(12));
        _folder.Write("colours/data_batch_2.bin", CifarFiles.Make(12, seed: 2));
        var small = new ModelDescription(
            "small", [3, 32, 32], 10, [new Conv2dLayer("conv", 3, 4, Kernel: 3, Stride: 2), new FlattenLayer("flat"), new LinearLayer("fc", 900, 10)]);
        _folder.Write("colours.json", Encoding.UTF8.GetBytes(small.ToJson()));
        byte[] tokens = MemoryMarshal.AsBytes<int>(new int[30 * 784]).ToArray();
        _folder.WriteNpy("tokens", "train", new SampleSet(SampleElement.Int32, [784], tokens, new int[30]));
        _folder.WriteNpy("tokens", "test", new SampleSet(SampleElement.Int32, [784], tokens, new int[30]));
    }

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task Nodes_with_arrays_of_their_own_end_with_the_bytes_of_nodes_in_one_process()
    {
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync(Flags("test", "own"));
        string port = $"{await orchestrator.PortAsync()}";
        await using RunningCommand node1 = StartNode(1, port);
        await using RunningCommand node2 = StartNode(2, port);
        await using RunningCommand node3 = StartNode(3, port);
        FinishedProgram ended = await orchestrator.EndAsync();
        Assert.That(ended.Hash, Is.EqualTo(await HashAsync(Synthetic.Partition(Shards))), ended.ToString());
        foreach (RunningCommand node in new[] { node1, node2, node3 })
        {
            Assert.That((await node.EndAsync()).ExitCode, Is.Zero);
            Assert.That(node.Output, Has.Some.Contains("samples of [784] float32"));
        }
    }

    [Test]
    public async Task Nodes_that_take_their_part_of_common_arrays_end_with_those_bytes_too()
    {
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync(Flags("test", "dealt"));
        string port = $"{await orchestrator.PortAsync()}";
        await using RunningCommand host = RunningCommand.StartNode(
            "--node_id", "1", "--virtual_nodes", "2", "--num_nodes", "3", "--dataset", _folder["common"], "--port", port, "--threads", "1", "--device", "cpu");
        await using RunningCommand node = RunningCommand.StartNode(
            "--node_id", "3", "--num_nodes", "3", "--dataset", _folder["common"], "--port", port, "--threads", "1", "--device", "cpu");
        FinishedProgram ended = await orchestrator.EndAsync();
        Assert.That(ended.Hash, Is.EqualTo(await HashAsync(Partition.RoundRobin.Deal(_train.Labels, nodeCount: 3, seed: 1))), ended.ToString());
    }

    [TestCase("common", "mlp")]
    [TestCase("texts", "text:20,6,3")]
    [TestCase("colours", "colours.json")]
    public async Task Traversal_and_centralized_training_are_equal_on_whatever_lies_there(string dataset, string model)
    {
        FinishedProgram verified = await RunningCommand.RunOrchestratorAsync(
            "verify", "--dataset", _folder[dataset], "--model", model.EndsWith(".json", StringComparison.Ordinal) ? _folder[model] : model, "--num_nodes", "3", "--batch_size", "8", "--steps", "2", "--dtype", "float64", "--threads", "1");
        Assert.That(verified.ExitCode, Is.Zero, verified.ToString());
    }

    [Test]
    public async Task Samples_that_do_not_fit_the_model_are_refused_by_whoever_has_them()
    {
        const string Misfit = "the model 'mlp' takes numbers, these are tokens (int32); save pixels from 0 to 255 as uint8, other numbers as float32";
        AssertError(await RunningCommand.RunOrchestratorAsync(Flags("tokens", "misfit1")), 7, Misfit);
        AssertError(await RunningCommand.RunOrchestratorAsync("centralized", "--dataset", _folder["test"], "--output", _folder["misfit2"]), 7, "no training files (train_x.npy and train_y.npy)");

        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync(Flags("test", "misfit3"));
        string port = $"{await orchestrator.PortAsync()}";
        await using RunningCommand node2 = StartNode(2, port);
        await using RunningCommand node3 = StartNode(3, port);
        AssertError(await RunningCommand.RunNodeAsync("--node_id", "1", "--data", _folder["tokens"], "--port", port, "--device", "cpu"), 4, Misfit);
    }

    private static void AssertError(FinishedProgram program, int exitCode, string text)
    {
        Assert.That(program.ExitCode, Is.EqualTo(exitCode), program.ToString());
        Assert.That(program.Errors, Has.Length.EqualTo(1).And.All.Contains(text), program.ToString());
    }

    private string[] Flags(string dataset, string output) =>
    [
        "--dataset", _folder[dataset], "--num_nodes", "3", "--epochs", "1", "--batch_size", "16", "--threads", "1", "--device", "cpu", "--port", "0",
        "--output", _folder[output],
    ];

    private RunningCommand StartNode(int id, string port) => RunningCommand.StartNode(
        "--node_id", $"{id}", "--data", _folder[$"node{id}"], "--port", port, "--threads", "1", "--device", "cpu");

    private async Task<string> HashAsync(int[][] partition) => (await TestCluster.RunAsync(
        new ClusterOptions { Model = ModelPresets.Create("mlp"), Images = _train, Partition = partition, BatchSize = 16, MicroBatchRows = RunOptions.DefaultMicroBatchRows })).Hash;
}
