using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Security;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Whatever strikes whichever message, the run ends with the bytes and the losses of the undisturbed one, and no side hangs.</summary>
[Parallelizable(ParallelScope.Children)]
internal sealed class FaultMatrixTests
{
    private const int Victim = 2;
    private const int Epochs = 2;

    private static readonly Token Secret = new("the secret that both sides share"u8);

    // Every batch visits all three nodes. The deadlines are short, because many cells wait for one; where a busy machine makes one
    // pass that should not, a visit is done once more, and the result is the same.
    private static readonly ClusterOptions Options = new()
    {
        Shards = [40, 40, 40],
        BatchSize = 40,
        HeartbeatInterval = TimeSpan.FromMilliseconds(40),
        HeartbeatTimeout = TimeSpan.FromSeconds(1),
        HandshakeTimeout = TimeSpan.FromSeconds(1),
        TaskTimeout = TimeSpan.FromSeconds(1),
    };

    private readonly Dictionary<Exchange, ClusterResult> _undisturbed = [];
    private ModelManager _initial = null!;
    private int _run;
    private int _held;

    private static IEnumerable<TestCaseData> Cells() =>
        Selection.EachPair(FaultMatrix.Cells, c => c.Exchange, c => c.Row, c => c.Fault.Kind, c => c.Fault.Place).Select(c => new TestCaseData(c).SetArgDisplayNames($"{c.Exchange}", c.Row.Name, $"{c.Fault}"));

    [OneTimeSetUp]
    public async Task RunUndisturbed()
    {
        _initial = Options.NewContext().NewModel();
        foreach (Exchange exchange in Enum.GetValues<Exchange>())
        {
            _undisturbed[exchange] = await TestCluster.RunAsync(Options with { Exchange = exchange }, Epochs);
        }
    }

    [OneTimeTearDown]
    public void Summarise()
    {
        _initial.Dispose();
        TestContext.Progress.WriteLine($"fault matrix: {_run} cells, {_held} held");
    }

    [TestCaseSource(nameof(Cells))]
    public async Task The_result_is_the_same(FaultCell cell)
    {
        Interlocked.Increment(ref _run);
        ClusterOptions options = cell.Row.Token ? WithToken(cell.Exchange) : Options with { Exchange = cell.Exchange };

        // A busy machine can be silent for as long as two short intervals, and the twin would take the node's place.
        await using var cluster = new TestCluster(cell.Row.Provocation == Provocation.Twin ? options with { HeartbeatInterval = TimeSpan.FromSeconds(1), HeartbeatTimeout = TimeSpan.FromSeconds(5) } : options);

        // Cells run side by side and share torch's one random generator; only what is drawn before them is certain.
        cluster.Session.Model.Parameters.CopyValuesFrom(_initial.Parameters);
        var fault = new SingleFault(cell.Row.Frame, cell.Fault);
        var tap = new MaskTap();
        await using FaultProxy proxy = Provoked(cluster, cell.Row.Provocation, fault, tap);
        await StartAsync(cluster, cell.Row.Provocation, proxy);

        ClusterResult run = await WithLogAsync(cluster, () => cluster.TrainAsync(Epochs, (step, _) => step != 1 ? Task.CompletedTask : cell.Row.Provocation switch
        {
            Provocation.Pause => fault.Begun.WaitAsync(cluster.Deadline),

            // It was refused after all: by this frame, or by that of another try.
            Provocation.Twin => cluster.Log.WaitForAsync($"twin{Victim} [2005]", cluster.Deadline),
            _ => Task.CompletedTask,
        }));

        string log = string.Join('\n', cluster.Log.Lines);
        Assert.That(fault.Strikes, Is.EqualTo(1), $"it did strike\n{log}");
        Assert.That(run.Hash, Is.EqualTo(_undisturbed[cell.Exchange].Hash), log);
        Assert.That(run.Losses, Is.EqualTo(_undisturbed[cell.Exchange].Losses), log);
        Assert.That(run.Evaluations, Is.EqualTo(_undisturbed[cell.Exchange].Evaluations).UsingPropertiesComparer(), log);
        tap.AssertEachMaskHidesOneValue();
        await AssertGoneOrLookingAsync(cluster);
        Interlocked.Increment(ref _held);
    }

    [Test]
    public async Task The_page_about_reliability_has_this_matrix()
    {
        Assert.That(await File.ReadAllTextAsync(Repository.PathOf("docs", "explanation", "reliability.md")), Does.Contain(FaultMatrix.ToMarkdown()));
    }

    /// <summary>What happened before a run got stuck stands in its log.</summary>
    private static async Task<ClusterResult> WithLogAsync(TestCluster cluster, Func<Task<ClusterResult>> train)
    {
        try
        {
            return await train();
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException(string.Join('\n', cluster.Log.Lines), e);
        }
    }

    private static ClusterOptions WithToken(Exchange exchange) => Options with
    {
        Exchange = exchange,
        Security = new OrchestratorSecurity(null, Secret),
        NodeSecurity = _ => new NodeSecurity(null, Secret),
    };

    /// <summary>A proxy with the fault, and with what makes the frame come that it is meant for.</summary>
    private static FaultProxy Provoked(TestCluster cluster, Provocation provocation, SingleFault fault, MaskTap tap)
    {
        FaultProxy? proxy = null;
        return proxy = new FaultProxy(cluster.Endpoint, async frame =>
        {
            tap.See(Victim, frame);
            if (provocation == Provocation.Return && frame is { Type: MessageType.ForwardPass or MessageType.BlindStep, Number: 2 })
            {
                await frame.CutAsync();
            }

            if ((provocation == Provocation.Restart && frame is { Type: MessageType.Backward or MessageType.BlindStep, Number: 2 })
                || (provocation == Provocation.RestartBeforeLoss && frame is { Type: MessageType.LossPass, Number: 2 }))
            {
                await cluster.KillNodeAsync(Victim);
                cluster.StartNode(Victim, proxy!.Endpoint);
                await frame.CutAsync();
            }

            await fault.PassAsync(frame);
        });
    }

    private static async Task StartAsync(TestCluster cluster, Provocation provocation, FaultProxy proxy)
    {
        if (provocation != Provocation.Twin)
        {
            cluster.StartAllNodes(id => id == Victim ? proxy.Endpoint : null);
            return;
        }

        cluster.StartAllNodes();
        await cluster.JoinedAsync(Victim);
        cluster.StartTwin(Victim, proxy.Endpoint);
    }

    /// <summary>A node that got the farewell has ended; one that did not has noticed, and looks for the orchestrator.</summary>
    private static async Task AssertGoneOrLookingAsync(TestCluster cluster)
    {
        string looking = $"node{Victim} [2002]";
        Task again = cluster.Log.WaitForAsync(looking, cluster.Deadline, cluster.Log.Count(looking) + 1);
        await await Task.WhenAny(cluster.EndOfNodeAsync(Victim), again);
    }
}
