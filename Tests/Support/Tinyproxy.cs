using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace TraversalLearning.Tests.Support;

/// <summary>Debian's <c>tinyproxy</c> on the loopback interface, with a user and a password.</summary>
internal sealed class Tinyproxy : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ProgramLines _lines = new();
    private readonly Task _reading;

    private Tinyproxy(Process process, int port)
    {
        _process = process;
        Port = port;
        _reading = ReadAsync();
    }

    public int Port { get; }

    /// <summary>As <c>--proxy</c> takes it.</summary>
    public string Url => $"http://node:secret@127.0.0.1:{Port}";

    /// <summary>Its log so far.</summary>
    public string[] Log => _lines.All;

    /// <summary>Starts it; the test is skipped on a machine without it.</summary>
    /// <param name="folder">A folder for its settings.</param>
    /// <param name="settings">More lines of its settings.</param>
    public static async Task<Tinyproxy> StartAsync(TempFolder folder, params string[] settings)
    {
        if (!Programs.IsThere("tinyproxy"))
        {
            Assert.Ignore("there is no tinyproxy on this machine; ./setup.sh --proxy installs it");
        }

        int port = FreePort();
        string path = folder[$"tinyproxy-{port}.conf"];
        await File.WriteAllLinesAsync(path, [$"Port {port}", "Listen 127.0.0.1", "Allow 127.0.0.1", "BasicAuth node secret", "LogLevel Connect", .. settings]);
        var start = new ProcessStartInfo("tinyproxy", ["-d", "-c", path]) { RedirectStandardOutput = true, UseShellExecute = false };
        var proxy = new Tinyproxy(Process.Start(start)!, port);
        await Waiting.Until(proxy.IsListening);
        return proxy;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private bool IsListening()
    {
        Assert.That(_process.HasExited, Is.False, $"tinyproxy does not start:\n{string.Join('\n', Log)}");
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            _lines.Add(line);
        }
    }
}
