using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Transport;

namespace TraversalLearning.Nodes.Agents;

/// <summary>The flag <c>--proxy</c>, the same for nodes and workers, and the environment's <c>HTTPS_PROXY</c> and <c>NO_PROXY</c>.</summary>
public sealed class ProxyFlag
{
    private readonly Flag<HttpProxy?> _proxy = Flag.Parsed<HttpProxy?>(
        "--proxy",
        "HTTP proxy for the connection, such as `http://user:password@proxy.example:3128`; by default that of the environment "
        + "([proxy](../guide/several-machines.md#through-a-proxy))",
        defaultValue: null,
        "URL",
        HttpProxy.Parse);

    /// <summary>The option to add to a command.</summary>
    public Option Option => _proxy.Option;

    /// <summary>The proxies for connections.</summary>
    /// <exception cref="UserErrorException">The environment's proxy cannot be used.</exception>
    public ProxyChoice Read(ParseResult result) => _proxy.Get(result) is { } given ? ProxyChoice.Always(given) : ProxyChoice.OfEnvironment(Environment.GetEnvironmentVariable);
}
