using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Security;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Support;

/// <summary>Listens where a node expects its orchestrator, admits it to a run, and sends it what the test says.</summary>
internal sealed class HostileOrchestrator(ServerTls? tls = null) : IAsyncDisposable
{
    private readonly TcpListener _listener = Started();
    private Connection? _connection;
    private ulong _requests;

    public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>What the node has sent since it was admitted.</summary>
    public Channel<IncomingMessage> Received { get; private set; } = Channel.CreateUnbounded<IncomingMessage>();

    /// <summary>Waits for the node's first frame.</summary>
    public async Task<IncomingMessage> AcceptAsync(CancellationToken cancellationToken)
    {
        await (_connection?.DisposeAsync() ?? ValueTask.CompletedTask);
        Socket socket = await _listener.AcceptSocketAsync(cancellationToken);
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        stream = tls is null ? stream : (await tls.AuthenticateAsync(stream, cancellationToken)).Stream;
        _connection = new Connection(stream, "node");
        return IncomingMessage.Of(await _connection.ReadHandshakeAsync(WireLimits.Handshake, cancellationToken));
    }

    /// <summary>Admits the node that comes next to a run.</summary>
    public async Task AdmitAsync(TrainingSetup setup, CancellationToken cancellationToken, string session = "run-1")
    {
        IncomingMessage first = await AcceptAsync(cancellationToken);
        Assert.That(first.Type, Is.EqualTo(MessageType.Hello));
        await _connection!.SendAsync(setup.ToWelcome(session, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)), cancellationToken);
        Received = Channel.CreateUnbounded<IncomingMessage>();
        _ = _connection.RunAsync(new Collector(Received.Writer), new ConnectionOptions(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TensorEncodingOptions.Raw));
    }

    /// <summary>Sends a request, and returns the first message that the node sends next.</summary>
    public async Task<IncomingMessage> AskAsync<T>(T message, CancellationToken cancellationToken, params EncodedTensor[] tensors)
        where T : IMessage<T>
    {
        await _connection!.SendAsync(message, ++_requests, tensors, TensorEncodingOptions.Raw, cancellationToken);
        return await Received.Reader.ReadAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await (_connection?.DisposeAsync() ?? ValueTask.CompletedTask);
        _listener.Dispose();
    }

    private static TcpListener Started()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    /// <summary>Reads frames, and skips their tensors.</summary>
    private sealed class Collector(ChannelWriter<IncomingMessage> received) : IFrameHandler
    {
        public bool Accept(IncomingFrame frame, Span<Memory<byte>> destinations)
        {
            received.TryWrite(IncomingMessage.Of(frame));
            return false;
        }

        public ValueTask HandleAsync(IncomingFrame frame, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}

/// <summary>A message of a node.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Code">The code of a <see cref="Leave"/> or <see cref="Decline"/>.</param>
/// <param name="Text">The reason, or the text of a <see cref="TaskFailed"/>.</param>
internal sealed record IncomingMessage(MessageType Type, string? Code = null, string? Text = null)
{
    public static IncomingMessage Of(IncomingFrame frame) => frame.Type switch
    {
        MessageType.Leave => frame.Read<Leave>() is var leave ? new IncomingMessage(frame.Type, leave.Code, leave.Reason) : null!,
        MessageType.Decline => frame.Read<Decline>() is var decline ? new IncomingMessage(frame.Type, decline.Code, decline.Reason) : null!,
        MessageType.TaskFailed => frame.Read<TaskFailed>() is var failed ? new IncomingMessage(frame.Type, failed.Code, failed.Text) : null!,
        _ => new IncomingMessage(frame.Type),
    };
}
