using System.Net;
using System.Net.Sockets;
using TraversalLearning.Messages;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Support;

/// <summary>Somebody who connects to the orchestrator and is none of its nodes.</summary>
internal static class Stranger
{
    /// <summary>Connects and says nothing.</summary>
    public static async Task<Socket> ConnectAsync(IPEndPoint endpoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endpoint, cancellationToken);
        return socket;
    }

    /// <summary>Sends these bytes and waits until the orchestrator hangs up.</summary>
    /// <returns>How many bytes it answered.</returns>
    public static async Task<int> SendUntilHungUpAsync(IPEndPoint endpoint, byte[] bytes, CancellationToken cancellationToken)
    {
        using Socket socket = await ConnectAsync(endpoint, cancellationToken);
        int answered = 0;
        try
        {
            await socket.SendAsync(bytes, cancellationToken);
            byte[] buffer = new byte[1024];
            while (await socket.ReceiveAsync(buffer, cancellationToken) is > 0 and int read)
            {
                answered += read;
            }
        }
        catch (SocketException)
        {
            // Hung up by a reset: it had not read everything.
        }

        return answered;
    }

    /// <summary>Introduces itself as a node that belongs there, is admitted, and hangs up.</summary>
    public static async Task JoinAndLeaveAsync(IPEndPoint endpoint, Hello hello, CancellationToken cancellationToken)
    {
        await using var connection = new Connection(new NetworkStream(await ConnectAsync(endpoint, cancellationToken), ownsSocket: true), "stranger");
        await connection.SendAsync(hello, cancellationToken);
        (await connection.ReadHandshakeAsync(WireLimits.Admission, cancellationToken)).Read<Welcome>();
    }

    /// <summary>Introduces itself and gives the orchestrator's refusal.</summary>
    public static async Task<Reject> IntroduceAsync(IPEndPoint endpoint, Hello hello, CancellationToken cancellationToken)
    {
        await using var connection = new Connection(new NetworkStream(await ConnectAsync(endpoint, cancellationToken), ownsSocket: true), "stranger");
        await connection.SendAsync(hello, cancellationToken);
        return (await connection.ReadHandshakeAsync(WireLimits.Admission, cancellationToken)).Read<Reject>();
    }
}
