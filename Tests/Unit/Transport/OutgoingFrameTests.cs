using System.Net.Sockets;
using TraversalLearning.Messages;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Unit.Transport;

/// <summary>The one place that every frame passes on its way out: it is told before the first byte leaves, and may refuse.</summary>
public sealed class OutgoingFrameTests
{
    private static readonly StepId Step = new(2, 7, 1);

    [Test]
    public async Task Every_frame_is_told_before_its_first_byte()
    {
        var (written, told) = (new MemoryStream(), new List<(OutgoingFrame Frame, string[] Tensors, long Before)>());
        await using Connection connection = Writing(
            written, frame => told.Add((frame, [.. frame.Tensors.ToArray().Select(t => $"{t.Descriptor} {t.Descriptor.WireLength}")], written.Length)));
        using var activations = EncodedTensor.Encode("activations", ElementType.Float32, [100, 500], new byte[200_000], FrameSample.Checked);
        await connection.SendAsync(new IndexRange(5), CancellationToken.None);
        long first = written.Length;
        await connection.SendAsync(new ActivationResult(Step), 3, new[] { activations }, null, rows: 100, CancellationToken.None);
        Assert.That(told.Select(t => (t.Frame.Type, t.Frame.Step, t.Frame.Bytes, t.Frame.Rows, t.Before)), Is.EqualTo(
            (ValueTuple<MessageType, StepId?, long, long, long>[])
            [
                (MessageType.IndexRange, null, first, 0, 0), (MessageType.ActivationResult, Step, written.Length - first, 100, first),
            ]));
        Assert.That(told[1].Tensors, Is.EqualTo((string[])["activations Float32[100,500] 200000"]));
        Assert.That(connection.BytesSent, Is.EqualTo(written.Length));
    }

    [Test]
    public async Task A_refused_frame_leaves_nothing_on_the_wire_and_the_connection_whole()
    {
        var refusal = new IOException("no space left");
        var written = new MemoryStream();
        await using Connection connection = Writing(written, frame => _ = frame.Type == MessageType.BackwardResult ? throw refusal : 0);
        using var tensor = EncodedTensor.Encode("a", ElementType.Float32, [50_000], new byte[200_000], FrameSample.Checked);
        IOException thrown = (await Assert.ThrowsAsync<IOException>(
            () => connection.SendAsync(new BackwardResult(Step), 1, new[] { tensor }, null, CancellationToken.None)))!;
        Assert.That((thrown, written.Length, connection.Reason), Is.EqualTo((refusal, 0L, (ConnectionLostException?)null)));
        await connection.SendAsync(new IndexRange(5), CancellationToken.None);
        Assert.That(written.ToArray(), Is.EqualTo(FrameSample.Of(new IndexRange(5)).Encode(FrameSample.Checked)));
    }

    [Test]
    public async Task Heartbeats_are_not_told()
    {
        var (written, told) = (new MemoryStream(), new List<MessageType>());
        await using Connection connection = Writing(written, frame => told.Add(frame.Type));
        await connection.SendAsync(Heartbeat.Instance, CancellationToken.None);
        Assert.That(written.Length, Is.Positive);
        Assert.That(told, Is.Empty);
    }

    [Test]
    public async Task Replies_of_a_step_say_which()
    {
        var told = new List<StepId?>();
        await using Connection connection = Writing(new MemoryStream(), frame => told.Add(frame.Step));
        await connection.SendAsync(new ForwardResult(Step, 1, 1), CancellationToken.None);
        await connection.SendAsync(new BackwardResult(Step), CancellationToken.None);
        await connection.SendAsync(new LocalResult(Step, 1, 1), CancellationToken.None);
        await connection.SendAsync(new GossipResult(new LocalResult(Step, 1, 1), []), CancellationToken.None);
        await connection.SendAsync(new BlindSum(Step, string.Empty), CancellationToken.None);
        await connection.SendAsync(new SealedState(Step), CancellationToken.None);
        Assert.That(told, Has.Count.EqualTo(6).And.All.EqualTo(Step));
    }

    [Test]
    public async Task Concurrent_sends_are_told_one_at_a_time()
    {
        (NetworkStream left, NetworkStream right) = await SocketPair.ConnectAsync();
        await using NetworkStream owned = right;
        int inside = 0;
        var (overlaps, told) = (0, 0);
        await using var connection = new Connection(left, "right")
        {
            Outgoing = new Told(_ =>
            {
                overlaps += Interlocked.Increment(ref inside) - 1;
                told++;
                Thread.SpinWait(1000);
                Interlocked.Decrement(ref inside);
            }),
        };
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 50; i++)
            {
                await connection.SendAsync(new IndexRange(i), CancellationToken.None);
            }
        })));
        Assert.That((told, overlaps), Is.EqualTo((400, 0)));
    }

    private static Connection Writing(MemoryStream written, Action<OutgoingFrame> leaving) =>
        new(new ScriptedStream(write: async (bytes, cancellationToken) => await written.WriteAsync(bytes, cancellationToken)), "peer") { Outgoing = new Told(leaving) };

    private sealed class Told(Action<OutgoingFrame> leaving) : IOutgoingFrames
    {
        public void Leaving(in OutgoingFrame frame) => leaving(frame);
    }
}
