using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TraversalLearning.Tests.Support;

/// <summary>
/// An HTTP proxy on a free port of the loopback interface. It answers each request's head as the test says; where that is
/// <see langword="null"/>, it connects to the host that was asked for and passes bytes on.
/// </summary>
internal sealed class TestProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<string> _requests = [];
    private readonly Task _serving;

    public TestProxy(Func<string, string?>? answer = null)
    {
        _listener.Start();
        _serving = ServeAsync(answer ?? (_ => null));
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The heads of all requests so far.</summary>
    public string[] Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _serving;
        _listener.Dispose();
        _stopping.Dispose();
    }

    private async Task ServeAsync(Func<string, string?> answer)
    {
        var clients = new List<Task>();
        try
        {
            while (true)
            {
                clients.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stopping.Token), answer));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(clients);
        }
    }

    private async Task ServeAsync(TcpClient client, Func<string, string?> answer)
    {
        using TcpClient from = client;
        try
        {
            NetworkStream stream = from.GetStream();
            string head = await ReadHeadAsync(stream);
            lock (_requests)
            {
                _requests.Add(head);
            }

            if (answer(head) is { } text)
            {
                await stream.WriteAsync(Encoding.Latin1.GetBytes(text), _stopping.Token);
                return;
            }

            string[] target = head.Split(' ')[1].Split(':');
            using var to = new TcpClient();
            await to.ConnectAsync(target[0], int.Parse(target[1], System.Globalization.CultureInfo.InvariantCulture), _stopping.Token);
            await stream.WriteAsync("HTTP/1.1 200 Connection established\r\nProxy-Agent: test\r\n\r\n"u8.ToArray(), _stopping.Token);
            await Task.WhenAny(stream.CopyToAsync(to.GetStream(), _stopping.Token), to.GetStream().CopyToAsync(stream, _stopping.Token));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // Either side hung up, or the test is over.
        }
    }

    private async Task<string> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        byte[] next = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(next, _stopping.Token);
            head.Append((char)next[0]);
        }

        return head.ToString();
    }
}
