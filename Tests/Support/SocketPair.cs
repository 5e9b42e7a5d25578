using System.Net;
using System.Net.Sockets;
using TraversalLearning.Transport;

namespace TraversalLearning.Tests.Support;

/// <summary>Both ends of one loopback TCP connection, on a port of the system's choice.</summary>
internal static class SocketPair
{
    /// <summary>Connects.</summary>
    public static async Task<(NetworkStream Left, NetworkStream Right)> ConnectAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var left = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await left.ConnectAsync(listener.LocalEndpoint);
        Socket right = await listener.AcceptSocketAsync();
        SocketTuning.Apply(left);
        SocketTuning.Apply(right);
        return (new NetworkStream(left, ownsSocket: true), new NetworkStream(right, ownsSocket: true));
    }
}
