using System.Net.Sockets;
using System.Threading.Channels;
using TraversalLearning.Messages;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Transport;

namespace TraversalLearning.Tests.Unit.Transport;

/// <summary>Who counts as alive. The clock stands still but where a test moves it.</summary>
public sealed class HeartbeatTests
{
    private const int HeartbeatLength = 33;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);
    private static readonly ConnectionOptions Options = new(Interval, Timeout, FrameSample.Checked);

    [Test]
    public async Task Heartbeats_keep_an_idle_connection_alive()
    {
        var time = new ManualTimeProvider();
        (NetworkStream leftStream, NetworkStream rightStream) = await SocketPair.ConnectAsync();
        await using var left = new Connection(leftStream, "right", time);
        await using var right = new Connection(rightStream, "left", time);
        _ = left.RunAsync(new RecordingHandler(), Options);
        _ = right.RunAsync(new RecordingHandler(), Options);
        for (int beats = 1; beats <= 40; beats++)
        {
            time.Advance(Interval);
            int expected = beats * HeartbeatLength;
            await Waiting.Until(() => left.Reason is not null || right.Reason is not null || (left.BytesReceived == expected && right.BytesReceived == expected));
            Assert.That(left.Reason, Is.Null);
            Assert.That(right.Reason, Is.Null);
        }
    }

    [Test]
    public async Task A_silent_peer_ends_it_with_a_clear_reason()
    {
        var time = new ManualTimeProvider();
        await using var connection = new Connection(new ScriptedStream(), "192.0.2.7:5000", time);
        Task<ConnectionLostException> run = connection.RunAsync(new RecordingHandler(), Options);
        time.Advance(Timeout + Interval);
        Assert.That((await run.Soon()).Message, Is.EqualTo("no sign of life from 192.0.2.7:5000 for 20 s"));
    }

    [Test]
    public async Task A_peer_that_goes_silent_inside_a_frame_is_silent()
    {
        var time = new ManualTimeProvider();
        byte[] frame = FrameSample.All[^1].Encode(FrameSample.Checked);
        await using var connection = new Connection(new ScriptedStream(ScriptedStream.Bytes(frame[..^1])), "peer", time);
        Task<ConnectionLostException> run = connection.RunAsync(new RecordingHandler(), Options);
        time.Advance(Timeout + Interval);
        Assert.That((await run.Soon()).Message, Does.StartWith("no sign of life"));
    }

    [Test]
    public async Task A_silent_peer_that_takes_no_heartbeats_either_is_noticed()
    {
        var time = new ManualTimeProvider();
        var stream = new ScriptedStream(write: async (_, cancellationToken) => await ScriptedStream.Forever(cancellationToken));
        await using var connection = new Connection(stream, "peer", time);
        Task<ConnectionLostException> run = connection.RunAsync(new RecordingHandler(), Options);
        time.Advance(Timeout + Interval);
        Assert.That((await run.Soon()).Message, Does.StartWith("no sign of life"));
    }

    [Test]
    public async Task A_handler_that_computes_for_long_is_no_reason()
    {
        var time = new ManualTimeProvider();
        var computing = new TaskCompletionSource();
        (NetworkStream stream, NetworkStream peer) = await SocketPair.ConnectAsync();
        await using NetworkStream disposePeer = peer;
        await using var connection = new Connection(stream, "peer", time);
        var handler = new RecordingHandler { Work = async (_, _) => await computing.Task };
        _ = connection.RunAsync(handler, Options);
        var writer = new FrameWriter(peer);
        var reader = new FrameReader(peer);
        await writer.WriteAsync(new IndexRangeQuery(), 1, default, CancellationToken.None);
        await handler.NextAsync();
        for (int i = 0; i < 10; i++)
        {
            time.Advance(Timeout);
            // A heartbeat leaves after it was looked at whether the peer is alive.
            IncomingFrame? beat = await reader.ReadAsync(TraversalLearning.Wire.WireLimits.Session, CancellationToken.None).AsTask().Soon();
            Assert.That(beat?.Type, Is.EqualTo(TraversalLearning.Wire.MessageType.Heartbeat));
        }

        computing.SetResult();
        await writer.WriteAsync(new IndexRangeQuery(), 2, default, CancellationToken.None);
        Assert.That((await handler.NextAsync()).RequestId, Is.EqualTo(2));
        Assert.That(connection.Reason, Is.Null);
    }

    [Test]
    public async Task A_peer_that_takes_no_bytes_of_a_reply_ends_it()
    {
        var time = new ManualTimeProvider();
        var writing = new TaskCompletionSource();
        var stream = new ScriptedStream(
            ScriptedStream.Bytes(FrameSample.Of(new IndexRangeQuery(), 1).Encode(FrameSample.Checked)),
            async (_, cancellationToken) =>
            {
                writing.TrySetResult();
                await ScriptedStream.Forever(cancellationToken);
            });
        Connection? connection = null;
        var handler = new RecordingHandler { Work = async (_, cancellationToken) => await connection!.SendAsync(new IndexRange(5), cancellationToken) };
        await using Connection replying = connection = new Connection(stream, "peer", time);
        Task<ConnectionLostException> run = connection.RunAsync(handler, Options);
        await writing.Task.Soon();
        time.Advance(Timeout + Interval);
        Assert.That((await run.Soon()).Message, Is.EqualTo("peer has taken no bytes for 20 s"));
    }

    [Test]
    public async Task A_peer_that_takes_a_reply_slowly_is_alive()
    {
        var time = new ManualTimeProvider();
        var pieces = Channel.CreateUnbounded<TaskCompletionSource>();
        var stream = new ScriptedStream(
            ScriptedStream.Bytes(FrameSample.Of(new IndexRangeQuery(), 1).Encode(FrameSample.Checked)),
            async (_, cancellationToken) =>
            {
                var taken = new TaskCompletionSource();
                await pieces.Writer.WriteAsync(taken, CancellationToken.None);
                await taken.Task.WaitAsync(cancellationToken);
            });
        Connection? connection = null;
        var sent = new TaskCompletionSource();
        byte[] raw = new byte[2 * 1024 * 1024];
        var handler = new RecordingHandler
        {
            Work = async (_, cancellationToken) =>
            {
                using EncodedTensor tensor = EncodedTensor.Encode("a", ElementType.Int32, [raw.Length / 4], raw, FrameSample.Checked);
                await connection!.SendAsync(new BackwardResult(default), 1, new[] { tensor }, null, cancellationToken);
                sent.SetResult();
            },
        };
        await using Connection replying = connection = new Connection(stream, "peer", time);
        Task<ConnectionLostException> run = connection.RunAsync(handler, Options);
        int count = 0;
        while (!sent.Task.IsCompleted)
        {
            Task<TaskCompletionSource> next = pieces.Reader.ReadAsync().AsTask();
            await Task.WhenAny(next, sent.Task, run).Soon();
            Assert.That(connection.Reason, Is.Null);
            if (next.IsCompleted)
            {
                time.Advance(Timeout * 0.9);
                (await next).SetResult();
                count++;
            }
        }

        Assert.That(count, Is.GreaterThan(2), "the tensor left in one piece, so that slow and dead look the same");
    }

    [Test]
    public async Task Sending_for_long_to_a_peer_that_computes_is_no_reason()
    {
        // The peer's heartbeats come, but it takes nothing of the frame.
        var time = new ManualTimeProvider();
        var heartbeats = Channel.CreateUnbounded<byte[]>();
        byte[] heartbeat = FrameSample.Of(Heartbeat.Instance).Encode(FrameSample.Checked);
        var stream = new ScriptedStream(
            async (buffer, cancellationToken) =>
            {
                byte[] bytes = await heartbeats.Reader.ReadAsync(cancellationToken);
                bytes.CopyTo(buffer);
                return bytes.Length;
            },
            async (_, cancellationToken) => await ScriptedStream.Forever(cancellationToken));
        await using var connection = new Connection(stream, "peer", time);
        _ = connection.RunAsync(new RecordingHandler(), Options);
        Task sending = connection.SendAsync(new IndexRange(1), CancellationToken.None);
        for (int i = 1; i <= 20; i++)
        {
            time.Advance(Interval);
            await heartbeats.Writer.WriteAsync(heartbeat);
            int expected = i * HeartbeatLength;
            await Waiting.Until(() => connection.Reason is not null || connection.BytesReceived == expected);
            Assert.That(connection.Reason, Is.Null);
        }

        Assert.That(sending.IsCompleted, Is.False);
        connection.End("the test is over");
        await Assert.ThatAsync(() => sending.Soon(), Throws.TypeOf<ConnectionLostException>());
    }

    [Test]
    public async Task The_shortest_times_that_a_welcome_can_say_do_not_fault()
    {
        await using var connection = new Connection(new ScriptedStream(), "peer", new ManualTimeProvider());
        Task<ConnectionLostException> run = connection.RunAsync(
            new RecordingHandler(), new ConnectionOptions(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1), FrameSample.Checked));
        connection.End("over");
        Assert.That((await run.Soon()).Message, Is.EqualTo("over"));
    }
}
