using System.Net.Sockets;

namespace TraversalLearning.Transport;

/// <summary>The TCP options of every connection.</summary>
public static class SocketTuning
{
    /// <summary>Enables keepalive (idle 30 s, interval 5 s, count 3) and disables Nagle's algorithm.</summary>
    public static void Apply(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
    }
}
