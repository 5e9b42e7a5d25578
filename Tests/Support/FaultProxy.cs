using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Support;

/// <summary>
/// Stands between a node and its orchestrator and takes their streams apart into frames; what becomes of each is the policy's to say.
/// Whoever connects again gets a new pair of connections.
/// </summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<MessageType, int> _counts = new();
    private readonly ConcurrentBag<Task> _relays = [];
    private readonly Func<ProxiedFrame, Task> _policy;
    private readonly Task _accepting;
    private int _connections;

    /// <summary>Listens on a free port.</summary>
    /// <param name="target">The orchestrator.</param>
    /// <param name="policy">Called for every frame, in order within a direction; the next one waits for it.</param>
    public FaultProxy(IPEndPoint target, Func<ProxiedFrame, Task> policy)
    {
        Target = target;
        _policy = policy;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>Where the node connects to.</summary>
    public IPEndPoint Endpoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Where its frames go; may change between connections.</summary>
    public IPEndPoint Target { get; set; }

    /// <summary>Connections accepted so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_relays);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket node = await _listener.AcceptAsync(_stopping.Token);
                _relays.Add(ServeAsync(node, Interlocked.Increment(ref _connections)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The proxy ends.
        }
    }

    private async Task ServeAsync(Socket node, int connection)
    {
        using var orchestrator = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (node)
        {
            node.NoDelay = true;
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
            try
            {
                await orchestrator.ConnectAsync(Target, ended.Token);
                await Task.WhenAny(
                    RelayAsync(node, orchestrator, connection, ended), RelayAsync(orchestrator, node, connection, ended));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // Nobody listens: the node sees its connection end.
            }

            await ended.CancelAsync();
        }
    }

    private async Task RelayAsync(Socket from, Socket to, int connection, CancellationTokenSource ended)
    {
        try
        {
            while (await ReadFrameAsync(from, ended.Token) is { } bytes)
            {
                var type = (MessageType)bytes[5];
                await _policy(new ProxiedFrame(type, _counts.AddOrUpdate(type, 1, (_, n) => n + 1), connection, bytes, from, to, ended));
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One side has gone, or the policy cut the connection.
        }
    }

    private static async Task<byte[]?> ReadFrameAsync(Socket from, CancellationToken cancellationToken)
    {
        byte[] header = new byte[FrameHeader.Size];
        if (!await FillAsync(from, header, cancellationToken))
        {
            return null;
        }

        long length = header.Length + BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(16)) + BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(20));
        byte[] frame = new byte[length];
        header.CopyTo(frame, 0);
        return await FillAsync(from, frame.AsMemory(header.Length), cancellationToken) ? frame : null;
    }

    private static async Task<bool> FillAsync(Socket from, Memory<byte> target, CancellationToken cancellationToken)
    {
        while (!target.IsEmpty)
        {
            int read = await from.ReceiveAsync(target, cancellationToken);
            if (read == 0)
            {
                return false;
            }

            target = target[read..];
        }

        return true;
    }
}

/// <summary>A frame in the hands of a <see cref="FaultProxy"/>'s policy.</summary>
/// <param name="Type">What it is; its direction follows from that.</param>
/// <param name="Number">How many of its type came so far, from 1, over all connections.</param>
/// <param name="Connection">Which connection, from 1.</param>
/// <param name="Bytes">Header, metadata and payload.</param>
/// <param name="From">Where it came from.</param>
/// <param name="To">Where it is to go.</param>
/// <param name="Ended">Cancelled when this pair of connections ends.</param>
internal sealed record ProxiedFrame(
    MessageType Type, int Number, int Connection, byte[] Bytes, Socket From, Socket To, CancellationTokenSource Ended)
{
    /// <summary>Passes the whole frame on.</summary>
    public Task ForwardAsync() => SendAsync(Bytes);

    /// <summary>Passes some of its bytes, or others, on.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await To.SendAsync(bytes, Ended.Token)..];
        }
    }

    /// <summary>Cuts the connection on both sides: in good order, or by a reset that discards what is under way.</summary>
    public async Task CutAsync(bool reset = false)
    {
        if (reset)
        {
            From.LingerState = new LingerOption(enable: true, seconds: 0);
            To.LingerState = new LingerOption(enable: true, seconds: 0);
        }

        await Ended.CancelAsync();
        Ended.Token.ThrowIfCancellationRequested();
    }
}
