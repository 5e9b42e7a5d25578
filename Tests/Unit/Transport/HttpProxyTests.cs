using System.Net;
using System.Net.Sockets;
using System.Text;
using TraversalLearning.Tests.Support;
using TraversalLearning.Transport;

namespace TraversalLearning.Tests.Unit.Transport;

/// <summary>Connections through an HTTP proxy, and what is said where there is none.</summary>
public sealed class HttpProxyTests
{
    private const string Refused = "ProxyRefusedException";
    private const string Lost = "ConnectionLostException";

    [TestCase("http://proxy.example:3128", "http://proxy.example:3128")]
    [TestCase("proxy.example:3128/", "http://proxy.example:3128")]
    [TestCase("http://user:secret@10.0.0.1:8080", "http://10.0.0.1:8080")]
    [TestCase("http://[fd00::1]:3128", "http://[fd00::1]:3128")]
    [TestCase("http://proxy.example", "http://proxy.example:80")]
    public void A_URL_is_read_and_shown_without_its_password(string url, string shown) => Assert.That(HttpProxy.Parse(url).ToString(), Is.EqualTo(shown));

    [TestCase("")]
    [TestCase("https://proxy.example:443")]
    [TestCase("socks5://proxy.example:1080")]
    [TestCase("http://proxy.example:3128/path")]
    [TestCase("http://proxy.example:3128?x")]
    [TestCase("http://proxy.example:0")]
    [TestCase("http://proxy.example:99999")]
    public void What_is_no_HTTP_proxy_is_refused(string url) =>
        Assert.That(() => HttpProxy.Parse(url), Throws.TypeOf<FormatException>().With.Message.Contains("http://proxy.example:3128"));

    [Test]
    public async Task Bytes_right_behind_the_answer_are_left_for_the_connection()
    {
        await using var proxy = new TestProxy(_ => "HTTP/1.1 200 OK\r\nX: y\r\n\r\nfirst bytes");
        using Socket socket = await ConnectAsync(proxy, "hub.example", 12345);
        await using var stream = new NetworkStream(socket);
        byte[] received = new byte["first bytes".Length];
        await stream.ReadExactlyAsync(received).AsTask().Soon();
        Assert.That(Encoding.ASCII.GetString(received), Is.EqualTo("first bytes"));
        Assert.That(proxy.Requests, Is.EqualTo(new[] { "CONNECT hub.example:12345 HTTP/1.1\r\nHost: hub.example:12345\r\n\r\n" }));
    }

    [Test]
    public async Task User_and_password_are_sent_as_Basic_authentication()
    {
        await using var proxy = new TestProxy(_ => "HTTP/1.1 200 OK\r\n\r\n");
        using Socket socket = await ConnectAsync(proxy, "fd00::5", 1, "us%40er:pass%3Aword%C3%BC@");
        string credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes("us@er:pass:wordü"));
        Assert.That(proxy.Requests.Single(), Is.EqualTo($"CONNECT [fd00::5]:1 HTTP/1.1\r\nHost: [fd00::5]:1\r\nProxy-Authorization: Basic {credentials}\r\n\r\n"));
    }

    [TestCase("HTTP/1.1 403 Filtered\r\n\r\n", "", Refused, "does not connect to hub.example:12345 (403 Filtered): its rules forbid it; ask its administrator")]
    [TestCase("HTTP/1.1 407 Auth\r\nProxy-Authenticate: Basic\r\n\r\n", "", Refused, "it asks for a user; give http://user:password@127.0.0.1:")]
    [TestCase("HTTP/1.1 407 Auth\r\nProxy-Authenticate: Basic\r\n\r\n", "user:secret@", Refused, "does not accept this user and password")]
    [TestCase("HTTP/1.1 407 Auth\r\nProxy-Authenticate: Negotiate\r\n\r\n", "user:secret@", Refused, "does not offer Basic authentication")]
    [TestCase("HTTP/1.0 401 Unauthorized\r\n\r\n", "user:secret@", Refused, "does not accept this user and password")]
    [TestCase("HTTP/1.0 401 Unauthorized\r\n\r\n", "", Refused, "allows CONNECT")]
    [TestCase("HTTP/1.1 404 Not Found\r\n\r\n", "", Refused, "check that --proxy or HTTPS_PROXY is a proxy and allows CONNECT to port 12345")]
    [TestCase("HTTP/1.1 302 Found\r\n\r\n", "", Refused, "allows CONNECT")]
    [TestCase("HTTP/1.1 501 Unknown\r\n\r\n", "", Refused, "allows CONNECT")]
    [TestCase("HTTP/1.1 502 Bad Gateway\r\n\r\n", "", Lost, "(502 Bad Gateway): the host may not be up yet")]
    [TestCase("SSH-2.0-OpenSSH_9.2\r\n", "", Refused, "is not an HTTP proxy: its answer is not HTTP/1")]
    [TestCase("", "", Lost, "closed the connection without an answer")]
    [TestCase("HTTP/1.1 200 OK\r\n", "", Lost, "closed the connection without an answer")]
    public async Task A_proxy_that_does_not_connect_is_named_with_advice(string answer, string user, string kind, string advice)
    {
        await using var proxy = new TestProxy(_ => answer);
        Exception? e = await FailureAsync(proxy.Port, user);
        Assert.That(e!.GetType().Name, Is.EqualTo(kind), e.Message);
        Assert.That(e.Message, Does.Contain($"http://127.0.0.1:{proxy.Port}").And.Contains(advice).And.Not.Contains("secret").And.Not.Contains("\n"));
    }

    [Test]
    public async Task An_endless_head_is_cut_off()
    {
        await using var proxy = new TestProxy(_ => $"HTTP/1.1 200 OK\r\n{string.Concat(Enumerable.Repeat("X: y\r\n", 10_000))}");
        Assert.That((await FailureAsync(proxy.Port))!.Message, Does.Contain("exceeds 8192 bytes"));
    }

    [Test]
    public async Task A_proxy_that_is_not_there_is_named()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        Exception? e = await FailureAsync(port);
        Assert.That(e, Is.TypeOf<ConnectionLostException>());
        Assert.That(e!.Message, Does.StartWith($"the proxy http://127.0.0.1:{port} cannot be reached: ").And.EndsWith("check --proxy or HTTPS_PROXY"));
    }

    [Test]
    public async Task A_host_name_cannot_add_lines_to_the_request()
    {
        await using var proxy = new TestProxy(_ => "HTTP/1.1 200 OK\r\n\r\n");
        Assert.That(async () => await ConnectAsync(proxy, "hub\r\nX: y", 1), Throws.TypeOf<ProxyRefusedException>());
        Assert.That(proxy.Requests, Is.Empty);
    }

    private static Task<Socket> ConnectAsync(TestProxy proxy, string host, int port, string user = "") => ConnectAsync(proxy.Port, host, port, user);

    private static async Task<Socket> ConnectAsync(int proxy, string host, int port, string user)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await HttpProxy.Parse($"http://{user}127.0.0.1:{proxy}").ConnectAsync(socket, host, port, deadline.Token);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<Exception?> FailureAsync(int proxy, string user = "")
    {
        try
        {
            (await ConnectAsync(proxy, "hub.example", 12345, user)).Dispose();
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }
}
