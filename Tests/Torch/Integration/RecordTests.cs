using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Records;
using TraversalLearning.Tests.Support;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>The record of real runs: it lists what the wire carried, and a node that cannot write it sends nothing more.</summary>
internal sealed class RecordTests
{
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromMilliseconds(5);

    private TempFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new TempFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public Task A_record_lists_exactly_the_frames_on_the_wire([Values] Exchange exchange) =>
        AssertListsTheWireAsync(new ClusterOptions { Exchange = exchange, Shards = [20, 0, 33] }, c => c.TrainAsync(epochs: 2));

    [TestCase("fedavg")]
    [TestCase("gossip")]
    [TestCase("split")]
    public Task A_record_lists_exactly_the_frames_on_the_wire_with_other_methods(string algorithm) =>
        AssertListsTheWireAsync(new ClusterOptions { Algorithm = algorithm, Federation = new Federation { LocalEpochs = 2 } }, c => c.TrainByMethodAsync(epochs: 2));

    [Test]
    public async Task Rows_are_those_that_a_message_was_computed_from()
    {
        FrameLine[] messages = await RecordAsync(new ClusterOptions { Shards = [20, 33] }, c => c.TrainAsync(epochs: 3));
        foreach (string type in (string[])[nameof(MessageType.ForwardResult), nameof(MessageType.BackwardResult)])
        {
            Assert.That(messages.Where(m => m.Type == type && m.Node == 2).Sum(m => m.Rows), Is.EqualTo(3 * 33), type);
        }

        Assert.That(messages.Where(m => m.Type == nameof(MessageType.ForwardResult)).Select(m => m.Tensors[0].Shape[0] - m.Rows), Is.All.Zero);
        Assert.That(messages.Where(m => m.Type is nameof(MessageType.Hello) or nameof(MessageType.IndexRange)).Select(m => m.Rows), Is.EquivalentTo((long[])[20, 33, 20, 33]));
        Assert.That(messages.Where(m => m.Type == nameof(MessageType.Hello)).Select(m => m.Run), Is.All.Null);
        Assert.That(messages.Where(m => m.Type != nameof(MessageType.Hello)).Select(m => m.Run).Distinct(StringComparer.Ordinal).Single(), Has.Length.EqualTo(32));
    }

    [Test]
    public async Task Rows_of_a_blind_run_are_those_of_the_node_in_each_batch()
    {
        FrameLine[] messages = await RecordAsync(new ClusterOptions { Exchange = Exchange.Blind, Shards = [20, 33] }, c => c.TrainAsync(epochs: 2));
        IEnumerable<FrameLine> last = messages.Where(m => m.Type == nameof(MessageType.BlindSum) && m.Node == 2).GroupBy(m => (m.Step!.Value.Epoch, m.Step.Value.Batch)).Select(g => g.Last());
        Assert.That(last.Sum(m => m.Rows), Is.EqualTo(2 * 33), "of a step that is done again on another scale, once");
        Assert.That(messages.Where(m => m.Type is nameof(MessageType.BlindSum) or nameof(MessageType.BlindScores)).Select(m => m.Protection), Is.All.EqualTo(Protection.Masked));
        Assert.That(messages.Where(m => m.Type == nameof(MessageType.BlindScores)).Sum(m => m.Rows), Is.EqualTo(2 * 30), "the test samples, after each epoch");
    }

    [Test]
    public async Task Rows_of_local_training_count_each_epoch()
    {
        var options = new ClusterOptions { Algorithm = "fedavg", Shards = [20, 33], Federation = new Federation { LocalEpochs = 2 } };
        FrameLine[] messages = await RecordAsync(options, c => c.TrainByMethodAsync(epochs: 2));
        FrameLine[] results = [.. messages.Where(m => m.Type == nameof(MessageType.LocalResult) && m.Node == 2)];
        Assert.That(results, Is.Not.Empty);
        Assert.That(results.Select(m => m.Rows), Is.All.EqualTo(2 * 33));
        Assert.That(results.Select(m => m.Algorithm), Is.All.EqualTo("fedavg"));
    }

    [Test]
    public async Task Nodes_of_one_process_write_one_record()
    {
        var sent = new SentFrames();
        using (var record = OutgoingRecord.Open(_folder.Path))
        {
            await using var cluster = new TestCluster(new ClusterOptions()) { Adapt = o => o with { Record = record, Tap = sent.Tap } };
            cluster.StartHost(1, 3);
            await cluster.TrainAsync();
            await cluster.EndOfNodeAsync(1);
        }

        FrameLine[] messages = Messages(_folder.Path);
        Assert.That(messages.Select(m => m.Node).Distinct(), Is.EquivalentTo((int[])[1, 2, 3]));
        Assert.That(messages.Select(m => m.Bytes), Is.EquivalentTo(sent.Read().Where(f => f.Frame.Type != MessageType.Heartbeat).Select(f => f.Bytes)));
        Assert.That(RecordVerification.Of(_folder.Path).Findings, Is.Empty);
    }

    [Test]
    public async Task A_node_that_cannot_record_sends_nothing_more_and_says_why_it_leaves([Values(Exchange.OnePhase, Exchange.Blind)] Exchange exchange)
    {
        var time = new ManualTimeProvider();
        using var record = OutgoingRecord.Open(_folder.Path, time);
        var sent = new SentFrames();
        await using var cluster = new TestCluster(new ClusterOptions { Exchange = exchange })
        {
            Adapt = o => o.NodeId == 2 ? o with { Record = record, Tap = sent.Tap } : o,
        };
        cluster.StartAllNodes();
        NodeLostException e = (await Assert.ThrowsAsync<NodeLostException>(() => cluster.TrainAsync(beforeStep: (step, _) =>
        {
            if (step == 3)
            {
                // The next line would be the first of a file that cannot be made.
                Directory.CreateDirectory(_folder["record", "1970-01-02.jsonl"]);
                time.Advance(TimeSpan.FromDays(1));
            }

            return Task.CompletedTask;
        })))!;
        Assert.That(e.Message, Does.Contain("node 2").And.Contains($"it left: ({RecordException.Code}) {RecordException.Text}"));
        RecordException failure = (await Assert.ThrowsAsync<RecordException>(() => cluster.EndOfNodeAsync(2)))!;
        Assert.That(failure.Message, Does.Contain("cannot be written"));

        MessageType[] onTheWire = [.. sent.Read().Select(f => f.Frame.Type).Where(t => t != MessageType.Heartbeat)];
        Assert.That(onTheWire[^1], Is.EqualTo(MessageType.Leave));
        Assert.That(onTheWire[..^1].Select(t => t.ToString()), Is.EqualTo(Messages(_folder.Path).Select(m => m.Type)), "all others are in the record");
    }

    private static FrameLine[] Messages(string stateFolder)
    {
        var messages = new List<FrameLine>();
        new RecordedMessages(stateFolder).Read((message, _) => messages.Add(message));
        return [.. messages];
    }

    private async Task AssertListsTheWireAsync(ClusterOptions options, Func<TestCluster, Task> train)
    {
        var sent = new Dictionary<int, SentFrames>();
        FrameLine[] messages = await RecordAsync(options with { HeartbeatInterval = HeartbeatInterval }, train, sent);
        bool beats = false;
        foreach ((int node, SentFrames wire) in sent)
        {
            (ReceivedFrame Frame, long Bytes)[] frames = [.. wire.Read()];
            beats |= frames.Any(f => f.Frame.Type == MessageType.Heartbeat);
            Assert.That(
                messages.Where(m => m.Node == node).Select(m => Line(m.Type, m.Step, m.Bytes, m.Tensors)),
                Is.EqualTo(frames.Where(f => f.Frame.Type != MessageType.Heartbeat)
                    .Select(f => Line(f.Frame.Type.ToString(), (f.Frame.Message as IHasStep)?.Step, f.Bytes, f.Frame.Descriptors.Select(RecordedTensor.Of)))));
        }

        Assert.That(beats, Is.True, "else nothing is shown by their absence");

        static string Line(string type, StepId? step, long bytes, IEnumerable<RecordedTensor> tensors) =>
            $"{type} {step} {bytes}: {string.Join("; ", tensors.Select(t => $"{t.Name} {t.Dtype}[{string.Join(',', t.Shape)}] {t.Bytes}"))}";
    }

    private async Task<FrameLine[]> RecordAsync(ClusterOptions options, Func<TestCluster, Task> train, Dictionary<int, SentFrames>? sent = null)
    {
        var records = new Dictionary<int, OutgoingRecord>();
        await using (var cluster = new TestCluster(options)
        {
            Adapt = o =>
            {
                records.Add(o.NodeId, OutgoingRecord.Open(_folder[$"{o.NodeId}"]));
                sent?.Add(o.NodeId, new SentFrames());
                return o with { Record = records[o.NodeId], Tap = sent?[o.NodeId].Tap };
            },
        })
        {
            cluster.StartAllNodes();
            await train(cluster);
            await Task.WhenAll(records.Keys.Select(cluster.EndOfNodeAsync));
        }

        foreach ((int node, OutgoingRecord record) in records)
        {
            record.Dispose();
            Assert.That(RecordVerification.Of(_folder[$"{node}"]).Findings, Is.Empty);
        }

        return [.. records.Keys.SelectMany(n => Messages(_folder[$"{n}"]))];
    }
}
