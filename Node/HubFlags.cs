using System.CommandLine;
using TraversalLearning.Hosting;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Security;
using TraversalLearning.Transport;

namespace TraversalLearning.NodeDaemon;

/// <summary>The flags that name the node's orchestrators: one by its address, or those with which the node is enrolled.</summary>
internal sealed class HubFlags
{
    private readonly Flag<int?> _nodeId = Flag.OptionalInt("--node_id", "this node's id, from 1", min: 1, max: 100_000, without: "that of `--keys`");
    private readonly Flag<string> _host = Flag.Text("--host", "host name or address of the orchestrator", "127.0.0.1", "ADDRESS");
    private readonly Flag<int> _port = Flag.Int("--port", "port of the orchestrator", 12345, min: 1, max: 65535);
    private readonly Flag<string?> _keys = Flag.OptionalText(
        "--keys",
        "folder with a folder for each orchestrator with which this node is enrolled: address, id, certificates",
        "DIR",
        without: "`keys` in `--state_dir`, without `--host` and `--node_id`");

    private readonly SecurityFlags _security = SecurityFlags.ForNode();
    private readonly ProxyFlag _proxy = new();

    /// <summary>The options to add to the command.</summary>
    public IReadOnlyList<Option> Options => [_nodeId.Option, _host.Option, _port.Option, _keys.Option, _proxy.Option, .. _security.Options];

    /// <summary>The orchestrators.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="stateFolder">The node's state folder; <see langword="null"/> for none.</param>
    /// <returns>At least one.</returns>
    /// <exception cref="UserErrorException">Flags conflict, none is named, or the only one cannot be used.</exception>
    public IReadOnlyList<Hub> Read(ParseResult arguments, string? stateFolder)
    {
        ProxyChoice proxies = _proxy.Read(arguments);
        return KeysFolder(arguments, stateFolder) is { } keys ? Enrolled(keys, proxies) : [Named(arguments, proxies)];
    }

    /// <summary>The proxy to a CA.</summary>
    public HttpProxy? ProxyTo(ParseResult arguments, NetworkAddress authority) => _proxy.Read(arguments).For(authority.Host, authority.Port);

    private static Hub[] Enrolled(string keys, ProxyChoice proxies)
    {
        Hub[] hubs =
        [
            .. EnrolledHub.LoadAll(keys).Select(e => new Hub(
                Path.GetFileName(e.Folder),
                e.NodeId,
                options => options with
                {
                    NodeId = e.NodeId,
                    Host = e.Host,
                    Port = e.Port,
                    Proxy = proxies.For(e.Host, e.Port),
                    Security = e.ReadSecurity(),
                })),
        ];
        return hubs.Length > 0
            ? hubs
            : throw new UserErrorException(ExitCode.Usage, $"'{keys}' holds no orchestrator; enroll the node with: Node enroll, or give --host and --node_id");
    }

    private Hub Named(ParseResult arguments, ProxyChoice proxies)
    {
        int id = _nodeId.Get(arguments)
            ?? throw new UserErrorException(ExitCode.Usage, "give --node_id, this node's id, or --keys, the folder of the orchestrators with which it is enrolled");
        (string host, int port) = (_host.Get(arguments), _port.Get(arguments));
        _security.ReadNode(arguments, host, proxies.RemoteFor(host, port)); // Wrong flags show at once, not at the first connection.
        return new Hub($"{host}:{port}", id, options => options with
        {
            NodeId = id,
            Host = host,
            Port = port,
            Proxy = proxies.For(host, port),
            Security = _security.ReadNode(arguments, host, proxies.RemoteFor(host, port)),
        });
    }

    private string? KeysFolder(ParseResult arguments, string? stateFolder)
    {
        bool IsGiven(Option option) => arguments.GetResult(option) is { Implicit: false };
        if (_keys.Get(arguments) is { } given)
        {
            Option? other = ((Option[])[_nodeId.Option, _host.Option, _port.Option, .. _security.Options]).FirstOrDefault(IsGiven);
            return other is null ? given : throw new UserErrorException(ExitCode.Usage, $"--keys names the orchestrators, their addresses and certificates; drop {other.Name}");
        }

        string? own = stateFolder is null ? null : Path.Combine(stateFolder, "keys");
        return own is not null && !IsGiven(_nodeId.Option) && !IsGiven(_host.Option) && Directory.Exists(own) ? own : null;
    }
}
