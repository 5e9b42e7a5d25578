using System.CommandLine;
using TraversalLearning.Enrolment;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Security;

namespace TraversalLearning.NodeDaemon;

/// <summary><c>enroll</c>: makes the node's key here and gets a certificate for it.</summary>
internal sealed class EnrollCommand
{
    private readonly EnrolmentFlags _ways = new("--hub");
    private readonly Flag<string> _keys = Flag.Text("--keys", "folder with a folder for each orchestrator", "keys", "DIR");
    private readonly Flag<string?> _name = Flag.OptionalText("--name", "name of the orchestrator's folder", "NAME", without: "the host of `--hub`");
    private readonly Flag<int?> _nodeId = Flag.OptionalInt("--node_id", "by hand: this node's id, from 1", min: 1, max: 100_000);
    private readonly Flag<int> _virtualNodes = Flag.Int("--virtual_nodes", "by hand: number of nodes, with the ids from `--node_id` on", 1, min: 1, max: CertificateRole.MaxNodes);
    private readonly Flag<NetworkAddress?> _orchestrator = Flag.Parsed<NetworkAddress?>(
        "--orchestrator", "address of the orchestrator; over the network the CA tells it", null, "HOST:PORT", NetworkAddress.Parse);

    private readonly ProxyFlag _proxy = new();
    private readonly Action<string> _write;
    private readonly Flag<string?> _tokenFile = Flag.OptionalText("--token_file", "by hand: file with the secret of orchestrator and nodes, to be copied");

    private EnrollCommand(Action<string> write) => _write = write;

    /// <summary>Creates the command.</summary>
    /// <param name="write">Takes its lines.</param>
    public static Command Create(Action<string> write)
    {
        var own = new EnrollCommand(write);
        var command = new Command("enroll", "Makes this node's key and gets a certificate for it; the key stays here (docs/guide/several-machines.md).");
        foreach (Option option in (Option[])
            [
                .. own._ways.Options, own._keys.Option, own._name.Option, own._nodeId.Option, own._virtualNodes.Option, own._orchestrator.Option, own._tokenFile.Option, own._proxy.Option,
            ])
        {
            command.Options.Add(option);
        }

        command.SetAction(own.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        (NetworkAddress Authority, EnrolmentToken Token)? wire = _ways.Wire(arguments);
        var folder = KeyFolder.At(Path.Combine(_keys.Get(arguments), NameOf(arguments, wire?.Authority)), "node");
        var enroller = new Enroller(folder, _write) { Proxy = wire is var (ca, _) ? _proxy.Read(arguments).For(ca.Host, ca.Port) : null };
        if (wire is var (authority, token))
        {
            await enroller.EnrollAsync(authority, RequireNodes(token), [], (pending, grant) => Save(arguments, pending, token.Role, grant, authority), cancellationToken);
            Advise(folder);
        }
        else if (_ways.Request(arguments) is { } request)
        {
            int first = _nodeId.Get(arguments) ?? throw new UserErrorException(ExitCode.Usage, "--request needs --node_id, which the certificate will name");
            enroller.WriteRequest(CertificateRole.OfNodes(first, _virtualNodes.Get(arguments)), [], request);
        }
        else
        {
            byte[] secret = _tokenFile.Get(arguments) is { } file ? Token.ReadSecret(file) : [];
            enroller.TakeIn(_ways.Certificate(arguments)!, secret, (pending, role) => Save(arguments, pending, role, grant: null, authority: null));
            Advise(folder);
        }

        return (int)ExitCode.Success;
    }

    private static EnrolmentToken RequireNodes(EnrolmentToken token) => token.Role.First > 0
        ? token
        : throw new UserErrorException(ExitCode.Usage, $"--token: that token is for '{token.Role.Name}', not for a node");

    private string NameOf(ParseResult arguments, NetworkAddress? authority)
    {
        string name = _name.Get(arguments) ?? authority?.Host.Replace(':', '-')
            ?? throw new UserErrorException(ExitCode.Usage, "--name is needed: the name of the orchestrator's folder in --keys");
        return name[0] != '.' && name == Path.GetFileName(name)
            ? name
            : throw new UserErrorException(ExitCode.Usage, $"--name: '{name}' is no name of a folder");
    }

    private void Save(ParseResult arguments, string pending, CertificateRole role, SigningGrant? grant, NetworkAddress? authority)
    {
        NetworkAddress orchestrator = _orchestrator.Get(arguments)
            ?? (grant is null ? null : new NetworkAddress(grant.Host, grant.Port))
            ?? throw new UserErrorException(ExitCode.Usage, "--certificate needs --orchestrator HOST:PORT, where the node will connect");
        if (role.First == 0)
        {
            throw new UserErrorException(ExitCode.Usage, $"--certificate: that certificate is for '{role.Name}', not for a node");
        }

        new EnrolledHub(pending, orchestrator.Host, orchestrator.Port, role.First) { NodeCount = role.Count, Authority = authority?.ToString() }.Save();
    }

    private void Advise(KeyFolder folder)
    {
        EnrolledHub hub = EnrolledHub.Load(folder.Path);
        string[] flags =
        [
            $"--node_id {hub.NodeId}", .. hub.NodeCount > 1 ? [$"--virtual_nodes {hub.NodeCount}"] : (string[])[], $"--host {hub.Host} --port {hub.Port}",
            $"--tls_cert {hub.CertificatePath} --tls_key {hub.KeyPath} --tls_ca {hub.AuthorityPath}",
            .. File.Exists(hub.RevokedPath) ? [$"--tls_crl {hub.RevokedPath}"] : (string[])[],
            .. File.Exists(hub.TokenPath) ? [$"--token_file {hub.TokenPath}"] : (string[])[],
            .. hub.Authority is { } authority ? [$"--ca_address {authority}"] : (string[])[],
        ];
        _write($"start with: Node {string.Join(' ', flags)}");
    }
}
