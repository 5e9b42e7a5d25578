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
    private readonly ConcurrentDictionary<(MessageType, Direction), int> _counts = new();
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
            var pair = new ProxiedPair(connection, ended, _stopping.Token);
            try
            {
                await orchestrator.ConnectAsync(Target, ended.Token);
                await Task.WhenAny(RelayAsync(pair, Direction.ToOrchestrator, node, orchestrator), RelayAsync(pair, Direction.ToNode, orchestrator, node));
                await pair.StayWhileSilentAsync();
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // Nobody listens: the node sees its connection end.
            }

            await ended.CancelAsync();
        }
    }

    private async Task RelayAsync(ProxiedPair pair, Direction direction, Socket from, Socket to)
    {
        try
        {
            while (await ReadFrameAsync(from, pair.Ended.Token) is { } bytes)
            {
                await pair.StayWhileSilentAsync();
                var type = (MessageType)bytes[5];
                int number = _counts.AddOrUpdate((type, direction), 1, (_, n) => n + 1);
                await _policy(new ProxiedFrame(type, direction, number, bytes, pair, from, to));
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
