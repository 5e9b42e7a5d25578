using TraversalLearning.Hosting;
using TraversalLearning.Security;
using TraversalLearning.Transport;

namespace TraversalLearning.Nodes.Agents;

/// <summary>Which connections go through which proxy.</summary>
public sealed class ProxyChoice
{
    private readonly HttpProxy? _proxy;
    private readonly ProxyExceptions? _exceptions;

    private ProxyChoice(HttpProxy? proxy, ProxyExceptions? exceptions) => (_proxy, _exceptions) = (proxy, exceptions);

    /// <summary>One proxy for every connection.</summary>
    public static ProxyChoice Always(HttpProxy proxy) => new(proxy, exceptions: null);

    /// <summary>The proxy of <c>https_proxy</c> or <c>HTTPS_PROXY</c>, except for loopback addresses and the hosts of <c>no_proxy</c> or <c>NO_PROXY</c>.</summary>
    /// <param name="variable">Reads an environment variable.</param>
    /// <exception cref="UserErrorException">Not the URL of an HTTP proxy.</exception>
    public static ProxyChoice OfEnvironment(Func<string, string?> variable)
    {
        if (Either("https_proxy") is not var (name, url))
        {
            return new ProxyChoice(proxy: null, exceptions: null);
        }

        try
        {
            return new ProxyChoice(HttpProxy.Parse(url), new ProxyExceptions(Either("no_proxy")?.Value ?? string.Empty));
        }
        catch (FormatException e)
        {
            // The value is not shown: it may hold a password.
            throw new UserErrorException(ExitCode.Usage, $"the environment's {name} must be {e.Message}", e);
        }

        (string Name, string Value)? Either(string lower)
        {
            foreach (string either in (string[])[lower, lower.ToUpperInvariant()])
            {
                if (variable(either) is { } value && !string.IsNullOrWhiteSpace(value))
                {
                    return (either, value.Trim());
                }
            }

            return null;
        }
    }

    /// <summary>The proxy for a connection; <see langword="null"/> for none.</summary>
    public HttpProxy? For(string host, int port) =>
        _exceptions is { } exceptions && (Exposure.IsLoopback(host) || exceptions.Has(host, port)) ? null : _proxy;

    /// <summary>The proxy for a connection where it is on another machine: bytes then leave this one, whatever the host is.</summary>
    public string? RemoteFor(string host, int port) => For(host, port) is { } proxy && !Exposure.IsLoopback(proxy.Host) ? proxy.Host : null;
}
