using System.Net;
using System.Net.Sockets;
using System.Text;
using TraversalLearning.Wire;

namespace TraversalLearning.Transport;

/// <summary>An HTTP proxy that opens connections by CONNECT (RFC 9110, section 9.3.6), with Basic authentication (RFC 7617).</summary>
/// <param name="Host">Host name or address of the proxy.</param>
/// <param name="Port">Port of the proxy.</param>
public sealed record HttpProxy(string Host, int Port)
{
    private const string Form = "a proxy such as http://proxy.example:3128 or http://user:password@proxy.example:3128";

    /// <summary><c>user:password</c>; <see langword="null"/> for none.</summary>
    private string? Credentials { get; init; }

    /// <summary>Reads a proxy's URL; without a scheme it is <c>http</c>.</summary>
    /// <exception cref="FormatException">Not the URL of an HTTP proxy; the message says what is accepted.</exception>
    public static HttpProxy Parse(string text)
    {
        string url = text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}";
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || uri.Scheme != Uri.UriSchemeHttp || uri.PathAndQuery != "/" || uri.Fragment.Length > 0 || uri.Port == 0)
        {
            throw new FormatException(Form);
        }

        string user = Uri.UnescapeDataString(uri.UserInfo);
        return new HttpProxy(uri.IdnHost, uri.Port) { Credentials = user.Length == 0 ? null : user.Contains(':', StringComparison.Ordinal) ? user : $"{user}:" };
    }

    /// <summary>The URL without user and password.</summary>
    public override string ToString() => $"http://{Authority(Host, Port)}";

    /// <summary>Connects a socket to the proxy and has the proxy connect to a host. Reads no byte of what follows.</summary>
    /// <param name="socket">A socket that is not connected.</param>
    /// <param name="host">Host name or address; the proxy resolves it.</param>
    /// <param name="port">Port of the host.</param>
    /// <param name="cancellationToken">Limits the time.</param>
    /// <exception cref="ProxyRefusedException">The proxy refuses, or the address is not one of an HTTP proxy.</exception>
    /// <exception cref="ConnectionLostException">The proxy, or through it the host, cannot be reached now.</exception>
    internal async Task ConnectAsync(Socket socket, string host, int port, CancellationToken cancellationToken)
    {
        byte[] request = Request(host, port);
        try
        {
            await socket.ConnectAsync(Host, Port, cancellationToken);
        }
        catch (SocketException e)
        {
            throw new ConnectionLostException($"the proxy {this} cannot be reached: {e.Message}; check --proxy or HTTPS_PROXY", e);
        }

        try
        {
            await socket.SendAsync(request, cancellationToken);
            Check(await ReadReplyAsync(socket, cancellationToken), Authority(host, port), port);
        }
        catch (SocketException e)
        {
            throw new ConnectionLostException($"the proxy {this} closed the connection: {e.Message}", e);
        }
    }

    // IPv6 addresses are in brackets.
    private static string Authority(string host, int port) =>
        IPAddress.TryParse(host, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{host}]:{port}" : $"{host}:{port}";

    private byte[] Request(string host, int port)
    {
        if (host.Any(c => c is <= ' ' or > '~'))
        {
            throw new ProxyRefusedException($"'{Printable.Escape(host)}' cannot be asked of a proxy; give the host's name in ASCII");
        }

        string authority = Authority(host, port);
        string authorization = Credentials is null ? string.Empty : $"Proxy-Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(Credentials))}\r\n";
        return Encoding.ASCII.GetBytes($"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{authorization}\r\n");
    }

    private async Task<ProxyReply> ReadReplyAsync(Socket socket, CancellationToken cancellationToken)
    {
        // One byte at a time: whatever follows the reply belongs to the tunnel.
        var buffer = new byte[ProxyReply.MaxBytes];
        for (int length = 0; length < buffer.Length; length++)
        {
            if (await socket.ReceiveAsync(buffer.AsMemory(length, 1), cancellationToken) == 0)
            {
                throw new ConnectionLostException($"the proxy {this} closed the connection without an answer; check that it is an HTTP proxy");
            }

            switch (ProxyReply.TryParse(buffer.AsSpan(0, length + 1), out ProxyReply? reply))
            {
                case ProxyReplyState.Complete:
                    return reply!;
                case ProxyReplyState.Invalid:
                    throw new ProxyRefusedException($"{this} is not an HTTP proxy: its answer is not HTTP/1; check --proxy or HTTPS_PROXY");
            }
        }

        throw new ProxyRefusedException($"{this} is not an HTTP proxy: the head of its answer exceeds {ProxyReply.MaxBytes} bytes; check --proxy or HTTPS_PROXY");
    }

    private void Check(ProxyReply reply, string authority, int port)
    {
        string refusal = $"the proxy {this} does not connect to {authority} ({reply})";
        switch (reply.Status)
        {
            case >= 200 and < 300:
                return;
            case 403:
                throw new ProxyRefusedException($"{refusal}: its rules forbid it; ask its administrator to allow CONNECT to this host and port {port}");
            case 407 when !reply.OffersBasic:
                throw new ProxyRefusedException($"{refusal}: it does not offer Basic authentication, the only kind known here; ask its administrator to admit this machine");
            case 407 when Credentials is null:
                throw new ProxyRefusedException($"{refusal}: it asks for a user; give http://user:password@{Authority(Host, Port)} as --proxy or HTTPS_PROXY");
            case 407:
            case 401 when Credentials is not null: // tinyproxy 1.11
                throw new ProxyRefusedException($"{refusal}: it does not accept this user and password");
            case >= 500 and not 501:
                throw new ConnectionLostException($"{refusal}: the host may not be up yet");
            default:
                throw new ProxyRefusedException($"{refusal}: check that --proxy or HTTPS_PROXY is a proxy and allows CONNECT to port {port}");
        }
    }
}
