using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>A node of a blind run that lies: it is asked again, or the run ends with an error that says why, and never hangs.</summary>
internal sealed class HostileBlindNodesTests
{
    private static readonly ClusterOptions Options = new() { Shards = [40, 40, 40], BatchSize = 24, Exchange = Exchange.Blind };
    private static readonly Lazy<Task<ClusterResult>> Undisturbed = new(() => TestCluster.RunAsync(Options));

    private static IEnumerable<TestCaseData> Lies()
    {
        yield return Lie(MessageType.BlindSum, "a sum of a wrong shape", f => FrameSample.Of((BlindSum)f.Message, f.RequestId, TensorSample.Ints(TensorNames.Sum, 1, 2), Second(f)));
        yield return Lie(MessageType.BlindSum, "figures that are too many", f => FrameSample.Of((BlindSum)f.Message, f.RequestId, First(f), TensorSample.Longs(TensorNames.Figures, 1, 2, 3)));
        yield return Lie(MessageType.BlindSum, "floats", f => FrameSample.Of((BlindSum)f.Message, f.RequestId, First(f) with { Type = ElementType.Float32 }, Second(f)));
        yield return Lie(MessageType.BlindSum, "no tensor", f => FrameSample.Of((BlindSum)f.Message, f.RequestId));
        yield return Lie(MessageType.BlindSum, "the sum of another step", f => FrameSample.Of((BlindSum)f.Message with { Step = new StepId(1, 4, 0) }, f.RequestId, First(f), Second(f)));
        yield return Lie(MessageType.BlindSum, "another message", f => FrameSample.Of(new BlindApplied(string.Empty), f.RequestId));
        yield return Lie(MessageType.KeyOffered, "an offer that is none", f => FrameSample.Of((KeyOffered)f.Message, f.RequestId, TensorSample.Bytes(TensorNames.Blob, 80)));
        yield return Lie(MessageType.KeyOffered, "an endless offer", f => FrameSample.Of((KeyOffered)f.Message, f.RequestId, TensorSample.Bytes(TensorNames.Blob, 1 << 20)));
        yield return Lie(MessageType.KeyAgreed, "a consent that is none", f => FrameSample.Of((KeyAgreed)f.Message with { Consent = "yes" }, f.RequestId));
        yield return Lie(MessageType.BlindScores, "too few figures", f => FrameSample.Of((BlindScores)f.Message, f.RequestId, TensorSample.Longs(TensorNames.Figures, 1)));
    }

    [TestCaseSource(nameof(Lies))]
    public async Task A_lie_that_shows_is_not_used(MessageType type, Func<ReceivedFrame, FrameSample> lie)
    {
        await using var cluster = new TestCluster(Options);
        await using var proxy = new FaultProxy(cluster.Endpoint, frame => frame.Type == type && frame.Number == 1
            ? frame.SendAsync(lie(Frames.Read(frame.Bytes)!).Encode(FrameSample.Checked))
            : frame.ForwardAsync());
        cluster.StartAllNodes(id => id == 2 ? proxy.Endpoint : null);
        ClusterResult run = await cluster.TrainAsync();
        Assert.That(run.Hash, Is.EqualTo((await Undisturbed.Value).Hash));
        Assert.That(run.Losses, Is.EqualTo((await Undisturbed.Value).Losses));
        Assert.That(cluster.Log.Count("[1008] node 2"), Is.EqualTo(1), "asked once more");
    }

    [TestCase("no_state", "did not complete a step in 64 attempts")]
    [TestCase("range", "is too large for any scale", 1)]
    [TestCase("range", "names no tensor of the model")]
    [TestCase("range", "names no tensor of the model", 99)]
    [TestCase("coarse", "node 2 says that a sum has too few bits")]
    [TestCase("computation", "node 2: so it says")]
    [TestCase("something", "node 2: so it says")]
    public async Task A_node_that_always_refuses_ends_the_run(string code, string message, params int[] tensors)
    {
        await using var cluster = new TestCluster(Options);
        await using var proxy = new FaultProxy(cluster.Endpoint, frame => frame.Type == MessageType.BlindSum && frame.Number > 2
            ? frame.SendAsync(FrameSample.Of(new TaskFailed(code, "so it says") { Unfit = tensors }, Frames.Read(frame.Bytes)!.RequestId).Encode(FrameSample.Checked))
            : frame.ForwardAsync());
        cluster.StartAllNodes(id => id == 2 ? proxy.Endpoint : null);
        Exception? error = await Assert.CatchAsync(() => cluster.TrainAsync());
        Assert.That(error, Is.TypeOf<UserErrorException>().Or.TypeOf<TaskFailedException>());
        Assert.That(error!.Message, Does.Contain(message));
    }

    [Test]
    public async Task A_sum_that_a_node_has_spoilt_is_added_by_nobody()
    {
        await using var cluster = new TestCluster(Options);
        await using var proxy = new FaultProxy(cluster.Endpoint, frame =>
        {
            if (frame.Type != MessageType.BlindSum || frame.Number != 2)
            {
                return frame.ForwardAsync();
            }

            ReceivedFrame received = Frames.Read(frame.Bytes)!;
            TensorSample sum = First(received);
            sum.Raw[17] ^= 1;
            return frame.SendAsync(FrameSample.Of((BlindSum)received.Message, received.RequestId, sum, Second(received)).Encode(FrameSample.Checked));
        });
        cluster.StartAllNodes(id => id == 2 ? proxy.Endpoint : null);
        TaskFailedException? error = await Assert.ThrowsAsync<TaskFailedException>(() => cluster.TrainAsync());
        Assert.That(error!.Message, Does.Contain("is not what the nodes sent"));
    }

    [Test]
    public async Task A_state_that_a_node_has_spoilt_restores_nobody()
    {
        await using var cluster = new TestCluster(Options);
        await using var proxy = new FaultProxy(cluster.Endpoint, frame =>
        {
            if (frame.Type != MessageType.SealedState)
            {
                return frame.ForwardAsync();
            }

            ReceivedFrame received = Frames.Read(frame.Bytes)!;
            TensorSample state = First(received);
            state.Raw[^1] ^= 1;
            return frame.SendAsync(FrameSample.Of((SealedState)received.Message, received.RequestId, state).Encode(FrameSample.Checked));
        });
        cluster.StartAllNodes(id => id == 1 ? proxy.Endpoint : null);
        TaskFailedException? error = await Assert.ThrowsAsync<TaskFailedException>(() => cluster.TrainAsync(beforeStep: async (step, _) =>
        {
            if (step == 2)
            {
                await cluster.KillNodeAsync(3);
                cluster.StartNode(3);
            }
        }));
        Assert.That(error!.Message, Does.Contain("node 3").And.Contains("was changed"));
    }

    private static TestCaseData Lie(MessageType type, string name, Func<ReceivedFrame, FrameSample> lie) => new TestCaseData(type, lie).SetArgDisplayNames($"{type}", name);

    private static TensorSample First(ReceivedFrame frame) => Tensor(frame, 0);

    private static TensorSample Second(ReceivedFrame frame) => Tensor(frame, 1);

    private static TensorSample Tensor(ReceivedFrame frame, int index) =>
        new(frame.Descriptors[index].Name, frame.Descriptors[index].Type, [.. frame.Descriptors[index].Shape], [.. frame.Tensors[index]]);
}
