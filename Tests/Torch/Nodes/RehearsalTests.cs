using TraversalLearning.Data;
using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Transport;
using TraversalLearning.Wire;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Nodes;

/// <summary>A rehearsal names the messages and tensors that a run sends, for every exchange and method.</summary>
internal sealed class RehearsalTests
{
    private static readonly ClusterOptions Options = new() { Shards = [24, 24, 24], BatchSize = 12 };

    [TestCase("tl", Exchange.TwoPhase)]
    [TestCase("tl", Exchange.OnePhase)]
    [TestCase("tl", Exchange.Relay)]
    [TestCase("tl", Exchange.Blind)]
    [TestCase("fedsgd", Exchange.OnePhase)]
    public async Task A_step_of_traversal(string algorithm, Exchange exchange)
    {
        var sent = await RehearseAsync(algorithm, exchange, localEpochs: null);
        var real = await SentInARunAsync(exchange);
        Assert.That(sent.Where(f => f.Rows > 0).Select(Described), Is.SubsetOf(real.Select(Described).Append("Hello ")));
        Assert.That(sent.Select(f => f.Type), Does.Contain(exchange.Kind().IsBlind ? MessageType.BlindSum : MessageType.BackwardResult).And.None.EqualTo(MessageType.TaskFailed));
    }

    [TestCase("fedavg", MessageType.LocalResult)]
    [TestCase("gossip", MessageType.GossipResult)]
    [TestCase("split", MessageType.TurnResult)]
    public async Task A_round_of_another_method(string algorithm, MessageType last)
    {
        var sent = await RehearseAsync(algorithm, algorithm == "split" ? Exchange.Relay : Exchange.TwoPhase, localEpochs: 1);
        Assert.That(sent[^1].Type, Is.EqualTo(last));
    }

    private static string Described(Frame frame) => $"{frame.Type} {string.Join(' ', frame.Tensors)}";

    private static async Task<IReadOnlyList<Frame>> RehearseAsync(string algorithm, Exchange exchange, int? localEpochs)
    {
        var setup = Options.NewContext().Setup with
        {
            Exchange = exchange,
            Terms = new RunTerms { Algorithm = algorithm, Nodes = 3, BatchSize = 12, Epochs = 1, LocalEpochs = localEpochs },
        };
        SampleSet samples = Synthetic.Images(24);
        var frames = new CollectedFrames();
        var hosted = new HostedSamples(samples, [NodeShard.Whole(2, samples, 10)]);
        await new Rehearsal(setup, hosted, new NodeOptions(2, "nowhere", 1, CPU, TensorEncodingOptions.Raw), frames).RunAsync(CancellationToken.None);
        return frames.Seen;
    }

    private static async Task<IReadOnlyList<Frame>> SentInARunAsync(Exchange exchange)
    {
        var frames = new CollectedFrames();
        await using var cluster = new TestCluster(Options with { Exchange = exchange, Outgoing = _ => frames });
        cluster.StartAllNodes();
        await cluster.TrainAsync();
        return frames.Seen;
    }

    private sealed record Frame(MessageType Type, long Rows, string[] Tensors);

    private sealed class CollectedFrames : IOutgoingFrames
    {
        private readonly Lock _lock = new();

        public List<Frame> Seen { get; } = [];

        // Sizes depend on the rows that a node has in a batch; names and the other dimensions do not.
        public void Leaving(in OutgoingFrame frame)
        {
            string[] tensors = [.. frame.Tensors.ToArray().Select(t => $"{t.Descriptor.Name}:{t.Descriptor.Type}:{string.Join(',', t.Descriptor.Shape.Skip(t.Descriptor.Shape.Length > 1 ? 1 : 0))}")];
            lock (_lock)
            {
                Seen.Add(new Frame(frame.Type, frame.Rows, tensors));
            }
        }
    }
}
