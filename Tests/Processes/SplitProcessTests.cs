using TraversalLearning.Data;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Processes;

/// <summary>Split learning by the real programs, one process each: the bytes of an undisturbed run in one process, whatever becomes of a node.</summary>
public sealed class SplitProcessTests
{
    // Something to draw and running statistics on both sides of the cut.
    private const string Model = """
        {"name":"both","input_shape":[784],"class_count":10,"layers":[
          {"type":"linear","name":"fc1","in":784,"out":16,"bias":false},{"type":"batch_norm","name":"norm1","channels":16},
          {"type":"relu","name":"relu1"},{"type":"dropout","name":"drop1","p":0.25},
          {"type":"linear","name":"fc2","in":16,"out":12},{"type":"batch_norm","name":"norm2","channels":12},
          {"type":"dropout","name":"drop2","p":0.25},{"type":"linear","name":"fc3","in":12,"out":10}]}
        """;

    private static readonly string[] Turns = Selection.First("split", "splitfedv2");
    private static readonly string[] Drawing = Selection.First("splitfedv1", "split");

    private ProgramRuns _programs = null!;

    [OneTimeSetUp]
    public async Task WriteData() => _programs = await ProgramRuns.CreateAsync();

    [OneTimeTearDown]
    public void Clean() => _programs.Dispose();

    [Test]
    public async Task A_node_killed_in_its_turn_and_started_again_changes_nothing([ValueSource(nameof(Turns))] string algorithm)
    {
        FinishedProgram ended = await RunAsync($"killed-{algorithm}", MessageType.TurnBackward, "--algorithm", algorithm, "--local_epochs", "2");
        Assert.That(ended.Hash, Is.EqualTo(await InOneProcessAsync(algorithm)), ended.ToString());
    }

    [Test]
    public async Task What_layers_draw_and_keep_does_not_depend_on_lost_turns([ValueSource(nameof(Drawing))] string algorithm)
    {
        string model = _programs.Folder.Write("both.json", System.Text.Encoding.UTF8.GetBytes(Model));
        string[] flags = ["--algorithm", algorithm, "--model", model, "--cut", "drop1"];
        FinishedProgram undisturbed = await RunAsync($"plain-{algorithm}", killIn: null, flags);
        FinishedProgram killed = await RunAsync($"drawn-{algorithm}", MessageType.LossResult, flags);
        Assert.That(killed.Final.Split(" seconds=")[0], Is.EqualTo(undisturbed.Final.Split(" seconds=")[0]), "parameters, and what the statistics make of the test set");
    }

    [Test]
    public async Task A_run_is_resumed_with_the_flags_that_it_had()
    {
        string[] first = [.. _programs.Flags, "--algorithm", "split", "--local_epochs", "2", "--port", "0", "--output", _programs.Folder["resumed"]];
        first[Array.IndexOf(first, "--epochs") + 1] = "1";
        await RunHereAsync(first);
        FinishedProgram ended = await RunHereAsync("--resume", _programs.Folder["resumed"], "--epochs", "2", "--port", "0");
        Assert.That(ended.Hash, Is.EqualTo(await InOneProcessAsync("split")), ended.ToString());
    }

    [TestCase("--algorithm split --aggregator mean", "error: --aggregator does not belong to --algorithm split")]
    [TestCase("--algorithm splitfedv2 --aggregator median", "error: --aggregator median: there is no such rule; use one of ")]
    [TestCase("--algorithm split --cut auto", "error: --cut auto and --exchange auto belong to --algorithm tl")]
    [TestCase("--algorithm splitfedv1 --exchange auto", "error: --cut auto and --exchange auto belong to --algorithm tl")]
    [TestCase("--algorithm split --cut fc4", "error: --cut fc4: with split the orchestrator trains the layers behind it, and they have no parameters; cut earlier")]
    [TestCase("--algorithm splitfed", "one of ")]
    public async Task What_cannot_be_is_refused_in_one_line(string flags, string error)
    {
        FinishedProgram refused = await RunningCommand.RunOrchestratorAsync([.. _programs.Flags, "--output", _programs.Folder["refused"], .. flags.Split(' ')]);
        Assert.That(refused.ExitCode, Is.EqualTo((int)ExitCode.Usage), refused.ToString());
        Assert.That(refused.Errors[0], Does.StartWith("error: ").And.Contains(error));
    }

    private static async Task<string> InOneProcessAsync(string algorithm)
    {
        SampleSet images = IdxData.TrainImages();
        using Turn turn = await Turn.TakeAsync();
        await using var cluster = new TestCluster(new ClusterOptions
        {
            Algorithm = algorithm,
            Model = ModelPresets.Create("mlp"),
            Images = images,
            Partition = Partition.RoundRobin.Deal(images.Labels, 3, seed: 1),
            BatchSize = 16,
            Federation = new Federation { LocalEpochs = 2 },
        });
        cluster.StartAllNodes();
        return (await cluster.TrainByMethodAsync(epochs: 2)).Hash;
    }

    /// <summary>A whole run in this process, whose layers draw nothing: its nodes share torch's one generator.</summary>
    private async Task<FinishedProgram> RunHereAsync(params string[] flags)
    {
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync(flags);
        int port = await orchestrator.PortAsync();
        await using RunningCommand node1 = _programs.StartNodeHere(1, port);
        await using RunningCommand node2 = _programs.StartNodeHere(2, port);
        await using RunningCommand node3 = _programs.StartNodeHere(3, port);
        return await orchestrator.EndAsync();
    }

    /// <summary>A whole run. Node 2 is killed when half of the fourth frame of a type has passed, and started again.</summary>
    private async Task<FinishedProgram> RunAsync(string output, MessageType? killIn, params string[] flags)
    {
        await using RunningProgram orchestrator = _programs.StartOrchestrator(output, flags);
        int port = await orchestrator.PortAsync();
        RunningProgram? victim = null;
        var killed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using FaultProxy proxy = ProgramRuns.Proxy(port, async frame =>
        {
            if (frame.Type == killIn && frame.Number == 4)
            {
                await frame.SendAsync(frame.Bytes.AsMemory(0, frame.Bytes.Length / 2));
                await victim!.KillAsync();
                killed.SetResult();
                await frame.CutAsync();
            }

            await frame.ForwardAsync();
        });
        await using RunningProgram node1 = _programs.StartNode(1, port);
        await using RunningProgram node3 = _programs.StartNode(3, port);
        await using RunningProgram node2 = _programs.StartNode(2, proxy.Endpoint.Port);
        victim = node2;
        if (killIn is null)
        {
            return await orchestrator.EndAsync();
        }

        await killed.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await using RunningProgram again = _programs.StartNode(2, port);
        return await orchestrator.EndAsync();
    }
}
