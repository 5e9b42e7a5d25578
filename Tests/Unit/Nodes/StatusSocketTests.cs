using System.Net.Sockets;
using TraversalLearning.Hosting;
using TraversalLearning.NodeDaemon;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Nodes;

/// <summary>The local socket of a staying node.</summary>
[Platform("Linux,MacOsX")]
public sealed class StatusSocketTests
{
    private readonly TempFolder _folder = new();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public void A_client_gets_the_report_whatever_it_sends([Values(0, 1, 1 << 20)] int bytes)
    {
        using StatusSocket socket = Open($"sends-{bytes}");
        socket.Serve(() => "a report"u8.ToArray());
        using Socket client = Connect($"sends-{bytes}");
        client.Blocking = false;
        _ = bytes == 0 ? 0 : client.Send(new byte[bytes], SocketFlags.None, out _);
        client.Blocking = true;
        byte[] received = new byte[100];
        Assert.That(System.Text.Encoding.UTF8.GetString(received, 0, client.Receive(received)), Is.EqualTo("a report"));
    }

    [Test]
    public void A_client_that_reads_nothing_does_not_keep_the_next_one_waiting_for_long()
    {
        using StatusSocket socket = Open("silent");
        byte[] report = new byte[8 << 20];
        socket.Serve(() => report);
        using Socket silent = Connect("silent");
        using Socket next = Connect("silent");
        next.ReceiveTimeout = 20_000;
        Assert.That(next.Receive(new byte[100]), Is.EqualTo(100));
    }

    [Test]
    public void The_socket_is_its_owners_only_and_goes_with_the_node()
    {
        string path = StatusSocket.PathIn(_folder["own"]);
        using (Open("own"))
        {
            Assert.That(OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        }

        Assert.That(File.Exists(path), Is.False);
    }

    [Test]
    public void A_second_node_is_refused_while_the_first_lives()
    {
        using StatusSocket first = Open("two");
        Assert.That(() => Open("two"), Throws.TypeOf<UserErrorException>().With.Message.Contains("another node uses"));
    }

    [Test]
    public void A_socket_that_was_left_behind_is_replaced()
    {
        Directory.CreateDirectory(_folder["stale"]);
        using (var left = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            left.Bind(new UnixDomainSocketEndPoint(StatusSocket.PathIn(_folder["stale"])));
        }

        File.WriteAllText(StatusSocket.PathIn(_folder["stale"]), string.Empty);
        using StatusSocket socket = Open("stale");
        socket.Serve(() => "a report"u8.ToArray());
        using Socket client = Connect("stale");
        Assert.That(client.Receive(new byte[100]), Is.EqualTo("a report".Length));
    }

    [Test]
    public void A_folder_whose_name_is_too_long_for_a_socket_is_refused() =>
        Assert.That(() => Open(new string('x', 100)), Throws.TypeOf<UserErrorException>().With.Message.Contains("choose a shorter folder"));

    [Test]
    public void Closing_does_not_wait_for_a_client()
    {
        StatusSocket socket = Open("closing");
        socket.Serve(() => []);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        socket.Dispose();
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(1.5)), "accepting ends at once");
    }

    private StatusSocket Open(string folder) => StatusSocket.Open(_folder[folder]);

    private Socket Connect(string folder)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(StatusSocket.PathIn(_folder[folder])));
        return socket;
    }
}
