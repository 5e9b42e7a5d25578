using System.Net;
using System.Net.Sockets;

namespace TraversalLearning.Benchmarks.Micro;

/// <summary>Both ends of a TCP connection over loopback; reads and writes block.</summary>
internal sealed record SocketPair(Socket Hub, Socket Node) : IDisposable
{
    public static SocketPair Connect()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var node = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        node.Connect(listener.LocalEndPoint!);
        Socket hub = listener.Accept();
        hub.NoDelay = true;
        return new SocketPair(hub, node);
    }

    /// <summary>Receives until the buffer is full.</summary>
    /// <returns>Whether it came to that before the other end closed.</returns>
    public static bool ReceiveAll(Socket socket, Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int received = socket.Receive(buffer);
            if (received == 0)
            {
                return false;
            }

            buffer = buffer[received..];
        }

        return true;
    }

    /// <summary>Sends all of it.</summary>
    public static void SendAll(Socket socket, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[socket.Send(bytes)..];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Hub.Dispose();
        Node.Dispose();
    }
}
