using System.Net.Sockets;
using System.Text;
using TraversalLearning.Hosting;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Hosting;

/// <summary>What systemd is told.</summary>
[Platform("Linux")]
public sealed class ServiceManagerTests
{
    [Test]
    public void States_are_datagrams_of_lines([Values] bool isAbstract)
    {
        using var folder = new TempFolder();
        string path = isAbstract ? $"@tl-test-{Guid.NewGuid():n}" : folder["notify"];
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 10_000 };
        socket.Bind(new UnixDomainSocketEndPoint(isAbstract ? $"\0{path[1..]}" : path));
        ServiceManager systemd = Of(("NOTIFY_SOCKET", path));
        systemd.Notify("READY=1", "STATUS=waiting");
        systemd.Notify("WATCHDOG=1");
        Assert.That(new[] { Receive(socket), Receive(socket) }, Is.EqualTo(new[] { "READY=1\nSTATUS=waiting", "WATCHDOG=1" }));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("relative")]
    [TestCase("/nowhere/notify")]
    public void Without_a_socket_nothing_happens(string? path) => Assert.That(() => Of(("NOTIFY_SOCKET", path)).Notify("READY=1"), Throws.Nothing);

    [Test]
    public void A_socket_that_nobody_reads_does_not_block_for_long()
    {
        using var folder = new TempFolder();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(folder["notify"]));
        ServiceManager systemd = Of(("NOTIFY_SOCKET", folder["notify"]));
        for (int i = 0; i < 15; i++) // Linux queues eleven by default.
        {
            systemd.Notify("WATCHDOG=1");
        }
    }

    [TestCase("20000000", null, 10.0)]
    [TestCase("20000000", "", 10.0)]
    [TestCase("20000000", "self", 10.0)]
    [TestCase("20000000", "1", null)]
    [TestCase(null, null, null)]
    [TestCase("0", null, null)]
    [TestCase("soon", null, null)]
    public void Signs_of_life_come_at_half_the_time_that_systemd_allows_this_process(string? microseconds, string? process, double? seconds)
    {
        ServiceManager systemd = Of(("WATCHDOG_USEC", microseconds), ("WATCHDOG_PID", process == "self" ? $"{Environment.ProcessId}" : process));
        Assert.That(systemd.WatchdogInterval?.TotalSeconds, Is.EqualTo(seconds));
    }

    private static ServiceManager Of(params (string Name, string? Value)[] variables) =>
        ServiceManager.OfEnvironment(name => Array.Find(variables, v => v.Name == name).Value);

    private static string Receive(Socket socket)
    {
        byte[] buffer = new byte[1000];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }
}
