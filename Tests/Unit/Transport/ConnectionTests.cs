using System.Net.Sockets;
using TraversalLearning.Messages;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Unit.Transport;

/// <summary>Frames both ways, and the many ways in which a connection ends: once, with one reason.</summary>
public sealed class ConnectionTests
{
    private static readonly ConnectionOptions Options = new(TimeSpan.FromHours(1), TimeSpan.FromHours(4), FrameSample.Checked);

    [Test]
    public async Task Frames_go_both_ways()
    {
        (NetworkStream leftStream, NetworkStream rightStream) = await SocketPair.ConnectAsync();
        await using var left = new Connection(leftStream, "right");
        await using var right = new Connection(rightStream, "left");
        var leftHandler = new RecordingHandler();
        var rightHandler = new RecordingHandler();
        _ = left.RunAsync(leftHandler, Options);
        _ = right.RunAsync(rightHandler, Options);
        FrameSample[] samples = [.. FrameSample.All.Where(s => s.MessageType != MessageType.Heartbeat)];
        long length = 0;
        foreach (FrameSample sample in samples)
        {
            await Task.WhenAll(SendAsync(left, sample), SendAsync(right, sample)).Soon();
            sample.AssertEqual(await leftHandler.NextAsync());
            sample.AssertEqual(await rightHandler.NextAsync());
            length += sample.Encode(FrameSample.Lz4).Length;
        }

        long[] counters = [left.BytesSent, left.BytesReceived, right.BytesSent, right.BytesReceived];
        Assert.That(counters, Is.All.EqualTo(length));
    }

    [Test]
    public async Task Frames_of_several_senders_do_not_mix()
    {
        (NetworkStream leftStream, NetworkStream rightStream) = await SocketPair.ConnectAsync();
        await using var left = new Connection(leftStream, "right");
        await using var right = new Connection(rightStream, "left");
        var handler = new RecordingHandler();
        _ = right.RunAsync(handler, Options);
        FrameSample[] samples =
            [.. Enumerable.Range(1, 8).Select(i => FrameSample.Of(new Backward(new StepId(i, 0, 0)), (ulong)i, TensorSample.Floats("a", i, 3000), TensorSample.Floats("b", i)))];
        Task sending = Task.WhenAll(samples.Select(async sample =>
        {
            for (int i = 0; i < 20; i++)
            {
                await SendAsync(left, sample);
            }
        }));
        int[] received = new int[9];
        for (int i = 0; i < 160; i++)
        {
            ReceivedFrame frame = await handler.NextAsync();
            samples[frame.RequestId - 1].AssertEqual(frame);
            received[frame.RequestId]++;
        }

        await sending.Soon();
        Assert.That(received[1..], Is.All.EqualTo(20));
    }

    [Test]
    public async Task A_frame_that_nobody_wants_is_read_over()
    {
        FrameSample unwanted = FrameSample.Of(new BackwardResult(new StepId(1, 1, 1)), 1, TensorSample.Floats("a", 50_000));
        FrameSample wanted = FrameSample.Of(new BackwardResult(new StepId(1, 1, 1)), 2, TensorSample.Floats("a", 5));
        var handler = new RecordingHandler { Wanted = f => f.RequestId == 2 };
        await using Connection connection = Receiving([.. unwanted.Encode(FrameSample.Checked), .. wanted.Encode(FrameSample.Checked)]);
        _ = connection.RunAsync(handler, Options);
        wanted.AssertEqual(await handler.NextAsync());
    }

    [Test]
    public async Task A_tensor_without_a_destination_is_read_over()
    {
        FrameSample sample = FrameSample.Of(new BackwardResult(new StepId(1, 1, 1)), 1, TensorSample.Floats("a", 50_000), TensorSample.Ints("b", 7));
        var handler = new RecordingHandler { DestinationLength = length => length == 4 ? 4 : 0 };
        await using Connection connection = Receiving([.. sample.Encode(FrameSample.Checked), .. sample.Encode(FrameSample.Checked)]);
        _ = connection.RunAsync(handler, Options);
        for (int i = 0; i < 2; i++)
        {
            ReceivedFrame frame = await handler.NextAsync();
            Assert.That(frame.Tensors[0], Is.Empty);
            Assert.That(frame.Tensors[1], Is.EqualTo(sample.Tensors[1].Raw));
        }
    }

    [TestCase(-1)]
    [TestCase(1)]
    public async Task A_destination_of_another_length_ends_the_connection(int difference)
    {
        FrameSample sample = FrameSample.Of(new BackwardResult(new StepId(1, 1, 1)), 1, TensorSample.Floats("a", 5));
        var handler = new RecordingHandler { DestinationLength = length => length + difference };
        await using Connection connection = Receiving(sample.Encode(FrameSample.Checked));
        ConnectionLostException reason = await connection.RunAsync(handler, Options).Soon();
        Assert.That(reason.InnerException, Is.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(handler.Count, Is.Zero);
    }

    [TestCase(MessageType.Heartbeat)]
    [TestCase(MessageType.Shutdown)]
    [TestCase(MessageType.IndexRangeQuery)]
    [TestCase(MessageType.IndexRange)]
    [TestCase(MessageType.TaskFailed)]
    public async Task Tensors_in_a_message_that_has_none_are_refused(MessageType type)
    {
        byte[] loaded = Frames.Make(type, Pack.Map(("tensors", new object[] { new object?[] { "x", 1, new object[] { 9 }, 0, 36, null } })), new byte[36]);
        var handler = new RecordingHandler { Wanted = _ => false };
        await using Connection connection = Receiving(loaded);
        ConnectionLostException reason = await connection.RunAsync(handler, Options).Soon();
        Assert.That(reason.Message, Does.StartWith("protocol error (MalformedTensor)").And.Contain($"{type}"));
    }

    [Test]
    public async Task A_heartbeat_with_fields_of_a_later_version_is_read_over()
    {
        byte[] heartbeat = Frames.Make(MessageType.Heartbeat, Pack.Map(("load", 0.5)));
        FrameSample sample = FrameSample.Of(new IndexRangeQuery(), 7);
        var handler = new RecordingHandler();
        await using Connection connection = Receiving([.. heartbeat, .. sample.Encode(FrameSample.Checked)]);
        _ = connection.RunAsync(handler, Options);
        sample.AssertEqual(await handler.NextAsync());
    }

    [TestCase("garbage: no frame begins so, at 32 bytes", "protocol error (BadMagic)")]
    [TestCase("TLW1", "protocol error (Truncated)")]
    [TestCase("", "the peer closed the connection")]
    public async Task Bytes_that_are_no_frames_and_a_peer_that_leaves_end_it(string bytes, string expected)
    {
        (NetworkStream leftStream, NetworkStream rightStream) = await SocketPair.ConnectAsync();
        await using var connection = new Connection(leftStream, "right");
        Task<ConnectionLostException> run = connection.RunAsync(new RecordingHandler(), Options);
        await rightStream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(bytes));
        await rightStream.DisposeAsync();
        ConnectionLostException reason = await run.Soon();
        Assert.That(reason.Message, Does.StartWith(expected));
        Assert.That(connection.Reason, Is.SameAs(reason));
    }

    [Test]
    public async Task A_message_that_the_handler_does_not_expect_ends_it()
    {
        var handler = new RecordingHandler
        {
            Wanted = f => throw new ProtocolException(ProtocolError.UnexpectedMessage, $"the peer sent {f.Type}"),
        };
        await using Connection connection = Receiving(FrameSample.Of(new IndexRange(5)).Encode(FrameSample.Checked));
        ConnectionLostException reason = await connection.RunAsync(handler, Options).Soon();
        Assert.That(reason.Message, Is.EqualTo("protocol error (UnexpectedMessage): the peer sent IndexRange"));
        Assert.That(reason.InnerException, Is.TypeOf<ProtocolException>());
    }

    [Test]
    public async Task A_handler_that_fails_ends_it()
    {
        var handler = new RecordingHandler { Work = (_, _) => throw new InvalidOperationException("out of order") };
        await using Connection connection = Receiving(FrameSample.Of(new IndexRange(5)).Encode(FrameSample.Checked));
        Assert.That((await connection.RunAsync(handler, Options).Soon()).Message, Is.EqualTo("out of order"));
    }

    [Test]
    public async Task Nothing_is_handled_after_the_end()
    {
        byte[] frame = FrameSample.Of(new IndexRange(5)).Encode(FrameSample.Checked);
        Connection? connection = null;
        var handler = new RecordingHandler
        {
            Work = (_, _) =>
            {
                connection!.End("enough");
                return ValueTask.CompletedTask;
            },
        };
        await using Connection receiving = connection = Receiving([.. frame, .. frame, .. frame]);
        Assert.That((await connection.RunAsync(handler, Options).Soon()).Message, Is.EqualTo("enough"));
        Assert.That(handler.Count, Is.EqualTo(1));
    }

    [Test]
    public async Task The_first_reason_stays()
    {
        await using var connection = new Connection(new ScriptedStream(), "peer");
        Assert.That(connection.Reason, Is.Null);
        Task<ConnectionLostException> run = connection.RunAsync(new RecordingHandler(), Options);
        ConnectionLostException first = connection.End("first", new InvalidOperationException());
        Assert.That(first.Message, Is.EqualTo("first"));
        Assert.That(connection.End("second"), Is.SameAs(first));
        Assert.That(await run.Soon(), Is.SameAs(first));
        Assert.That(connection.Reason, Is.SameAs(first));
        Assert.That(first.InnerException, Is.TypeOf<InvalidOperationException>());
    }

    [Test]
    public async Task After_the_end_a_send_fails_with_the_reason()
    {
        await using var connection = new Connection(new ScriptedStream(), "peer");
        connection.End("the cable was pulled");
        ConnectionLostException e = (await Assert.ThrowsAsync<ConnectionLostException>(() => connection.SendAsync(new IndexRange(1), CancellationToken.None)))!;
        Assert.That(e.Message, Is.EqualTo("the cable was pulled"));
    }

    [Test]
    public async Task A_send_that_fails_ends_it()
    {
        var stream = new ScriptedStream(write: (_, _) => throw new IOException("wrapped", new SocketException((int)SocketError.ConnectionReset)));
        await using var connection = new Connection(stream, "peer");
        Task<ConnectionLostException> run = connection.RunAsync(new RecordingHandler(), Options);
        ConnectionLostException e = (await Assert.ThrowsAsync<ConnectionLostException>(() => connection.SendAsync(new IndexRange(1), CancellationToken.None)))!;
        Assert.That((await run.Soon()).Message, Is.EqualTo(e.Message).And.EqualTo(new SocketException((int)SocketError.ConnectionReset).Message));
    }

    [Test]
    public async Task Cancelling_a_send_under_way_ends_it_for_all()
    {
        var writing = new TaskCompletionSource();
        var stream = new ScriptedStream(write: async (_, cancellationToken) =>
        {
            writing.TrySetResult();
            await ScriptedStream.Forever(cancellationToken);
        });
        await using var connection = new Connection(stream, "peer");
        Task<ConnectionLostException> run = connection.RunAsync(new RecordingHandler(), Options);
        using var cancellation = new CancellationTokenSource();
        Task first = connection.SendAsync(new IndexRange(1), cancellation.Token);
        await writing.Task.Soon();
        Task second = connection.SendAsync(new IndexRange(2), CancellationToken.None);
        await cancellation.CancelAsync();
        await Assert.ThatAsync(() => first.Soon(), Throws.InstanceOf<OperationCanceledException>());
        ConnectionLostException queued = (await Assert.ThrowsAsync<ConnectionLostException>(() => second.Soon()))!;
        ConnectionLostException reason = await run.Soon();
        Assert.That(reason, Is.SameAs(connection.Reason));
        Assert.That(queued.Message, Is.EqualTo(reason.Message));
        await Assert.ThatAsync(
            () => connection.SendAsync(new IndexRange(3), CancellationToken.None), Throws.TypeOf<ConnectionLostException>().With.Message.EqualTo(reason.Message));
    }

    [Test]
    public async Task Cancelling_a_send_that_waits_for_its_turn_harms_nobody()
    {
        var written = new TaskCompletionSource();
        await using var connection = new Connection(new ScriptedStream(write: async (_, _) => await written.Task), "peer");
        Task first = connection.SendAsync(new IndexRange(1), CancellationToken.None);
        using var cancellation = new CancellationTokenSource();
        Task second = connection.SendAsync(new IndexRange(2), cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThatAsync(() => second.Soon(), Throws.InstanceOf<OperationCanceledException>());
        written.SetResult();
        await first.Soon();
        Assert.That(connection.Reason, Is.Null);
    }

    [Test]
    public async Task Disposing_waits_until_nothing_is_written_to_destinations()
    {
        // A read that has no ear for cancellation, as of a kernel that already copies.
        var copying = new TaskCompletionSource();
        var copied = new TaskCompletionSource();
        byte[] frame = FrameSample.Of(new BackwardResult(new StepId(1, 1, 1)), 1, TensorSample.Floats("a", 5)).Encode(FrameSample.Checked);
        var head = new PieceStream(frame.AsMemory(0, Frames.HeadLength(frame)));
        var stream = new ScriptedStream(async (buffer, _) =>
        {
            if (head.Read(buffer.Span) is > 0 and var count)
            {
                return count;
            }

            copying.SetResult();
            await copied.Task;
            buffer.Span.Fill(1);
            return buffer.Length;
        });
        var connection = new Connection(stream, "peer");
        _ = connection.RunAsync(new RecordingHandler(), Options);
        await copying.Task.Soon();
        Task disposing = connection.DisposeAsync().AsTask();
        Assert.That(disposing.IsCompleted, Is.False);
        Assert.That(stream.Disposed, Is.False);
        copied.SetResult();
        await disposing.Soon();
        Assert.That(stream.Disposed, Is.True);
    }

    [Test]
    public async Task Disposing_waits_for_a_send_that_reads_the_senders_memory()
    {
        var writing = new TaskCompletionSource();
        var written = new TaskCompletionSource();
        var stream = new ScriptedStream(write: async (_, _) =>
        {
            writing.SetResult();
            await written.Task;
        });
        var connection = new Connection(stream, "peer");
        Task sending = connection.SendAsync(new IndexRange(1), CancellationToken.None);
        await writing.Task.Soon();
        Task disposing = connection.DisposeAsync().AsTask();
        Assert.That(disposing.IsCompleted, Is.False);
        written.SetResult();
        await disposing.Soon();
        await sending.Soon();
        await connection.DisposeAsync();
    }

    [Test]
    public async Task A_handshake_leaves_what_follows_it_to_the_session()
    {
        FrameSample hello = FrameSample.All[0];
        FrameSample next = FrameSample.Of(new IndexRange(5), 1);
        await using Connection connection = Receiving([.. hello.Encode(FrameSample.Checked), .. next.Encode(FrameSample.Checked)]);
        IncomingFrame frame = await connection.ReadHandshakeAsync(WireLimits.Handshake, CancellationToken.None);
        Assert.That(frame.Read<Hello>(), Is.EqualTo(hello.Message).UsingPropertiesComparer());
        var handler = new RecordingHandler();
        _ = connection.RunAsync(handler, Options);
        next.AssertEqual(await handler.NextAsync());
    }

    [Test]
    public async Task A_handshake_with_nobody_is_a_lost_connection()
    {
        await using var gone = new Connection(new ScriptedStream((_, _) => ValueTask.FromResult(0)), "peer");
        await Assert.ThatAsync(() => gone.ReadHandshakeAsync(WireLimits.Handshake, CancellationToken.None), Throws.TypeOf<ConnectionLostException>());
        await using var reset = new Connection(new ScriptedStream((_, _) => throw new IOException("reset")), "peer");
        await Assert.ThatAsync(() => reset.ReadHandshakeAsync(WireLimits.Handshake, CancellationToken.None), Throws.TypeOf<ConnectionLostException>());
        await using Connection stranger = Receiving("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
        await Assert.ThatAsync(() => stranger.ReadHandshakeAsync(WireLimits.Handshake, CancellationToken.None), Throws.TypeOf<ProtocolException>());
    }

    private static Connection Receiving(byte[] bytes) => new(new ScriptedStream(ScriptedStream.Bytes(bytes)), "peer");

    private static async Task SendAsync(Connection connection, FrameSample sample)
    {
        EncodedTensor[] encoded =
            [.. sample.Tensors.Select(t => EncodedTensor.Encode(t.Name, t.Type, t.Shape, t.Raw, FrameSample.Lz4))];
        await sample.Send(connection, encoded, CancellationToken.None);
        foreach (EncodedTensor tensor in encoded)
        {
            tensor.Dispose();
        }
    }
}
