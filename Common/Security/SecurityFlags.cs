using System.CommandLine;
using TraversalLearning.Hosting;

namespace TraversalLearning.Security;

/// <summary>The flags for TLS and token, the same in both programs. There is no <c>--tls</c>: giving certificates enables it.</summary>
public sealed class SecurityFlags
{
    private readonly Flag<string?> _certificate;
    private readonly Flag<string?> _key;
    private readonly Flag<string?> _authority;
    private readonly Flag<string?> _revoked;
    private readonly Flag<NetworkAddress?>? _address;
    private readonly Flag<string?> _token;
    private readonly Flag<bool> _insecure;

    private SecurityFlags(string certificate, string authority, string peer, string parties, string insecure, bool isKept)
    {
        _certificate = Flag.OptionalText("--tls_cert", certificate);
        _key = Flag.OptionalText("--tls_key", "private key of `--tls_cert`, in PEM, readable by its owner only");
        _authority = Flag.OptionalText("--tls_ca", authority);
        _revoked = Flag.OptionalText("--tls_crl", $"list of the certificates that the CA has revoked, in PEM or DER: {peer} ([revocation](security.md#revocation))");
        _address = isKept
            ? Flag.Parsed<NetworkAddress?>(
                "--ca_address",
                "address of `Orchestrator ca serve`: renews `--tls_cert` before it ends, and keeps `--tls_crl` current ([renewal](security.md#renewal))",
                null,
                "HOST:PORT",
                NetworkAddress.Parse)
            : null;
        _token = Flag.OptionalText("--token_file", $"file with the secret of {parties}, readable by its owner only");
        _insecure = Flag.Switch("--insecure", insecure);
    }

    /// <summary>The options to add to a command.</summary>
    public IReadOnlyList<Option> Options => [_certificate.Option, _key.Option, _authority.Option, _revoked.Option, .. _address is null ? [] : (Option[])[_address.Option], _token.Option, _insecure.Option];

    /// <summary>The orchestrator's flags.</summary>
    public static SecurityFlags ForOrchestrator() => ForServer("every node must present a certificate of it, for the name `node-<id>`", "orchestrator and nodes", isKept: true);

    /// <summary>The flags of a study.</summary>
    public static SecurityFlags ForStudy() => ForServer("every worker must present a certificate of it, for the name `worker`", "study and workers", isKept: false);

    /// <summary>The node's flags.</summary>
    public static SecurityFlags ForNode() => ForClient("node", "`node-<id>`", "orchestrator", "orchestrator and nodes", isKept: true);

    /// <summary>The flags of a study's worker.</summary>
    public static SecurityFlags ForWorker() => ForClient("worker", "`worker`", "study", "study and workers", isKept: false);

    /// <summary>Reads the orchestrator's flags and the files they name.</summary>
    /// <exception cref="UserErrorException">Flags conflict, a file cannot be used, or other machines could connect unprotected.</exception>
    public OrchestratorSecurity ReadOrchestrator(ParseResult result, string host)
    {
        TlsPaths paths = ReadPaths(result);
        if (paths is { Authority: not null, Certificate: null })
        {
            throw new UserErrorException(ExitCode.Usage, "--tls_ca asks nodes for certificates; that needs --tls_cert and --tls_key");
        }

        ServerTls? tls = paths.Certificate is null ? null : new ServerTls(TlsSource.Open(paths));
        Token? token = ReadToken(result);
        return IsProtected(result, host, tls is not null, token is not null)
            ? new OrchestratorSecurity(tls, token) { Authority = ReadAddress(result) }
            : throw new UserErrorException(
                ExitCode.Usage,
                $"--host {host} lets other machines connect: give --tls_cert, --tls_key and --token_file (docs/guide/several-machines.md), or --insecure in a network that you trust");
    }

    /// <summary>Reads the node's flags and the files they name.</summary>
    /// <exception cref="UserErrorException">Flags conflict, a file cannot be used, or the connection would be unprotected.</exception>
    public NodeSecurity ReadNode(ParseResult result, string host)
    {
        TlsPaths paths = ReadPaths(result);
        if (paths is { Certificate: not null, Authority: null })
        {
            throw new UserErrorException(ExitCode.Usage, "--tls_cert needs --tls_ca, the CA whose orchestrator the certificate is shown to");
        }

        ClientTls? tls = paths.Authority is null ? null : new ClientTls(TlsSource.Open(paths));
        Token? token = ReadToken(result);
        return IsProtected(result, host, tls is not null, token is not null)
            ? new NodeSecurity(tls, token) { Authority = ReadAddress(result) }
            : throw new UserErrorException(
                ExitCode.Usage,
                $"--host {host} is another machine: give --tls_ca and --token_file (docs/guide/several-machines.md), or --insecure in a network that you trust");
    }

    private static SecurityFlags ForServer(string demand, string parties, bool isKept) => new(
        "certificate of this orchestrator, in PEM: enables TLS ([security](security.md#flags))",
        $"CA certificate, in PEM: {demand}",
        "they are refused, also while they are connected",
        parties,
        "listen for other machines without TLS and token",
        isKept);

    private static SecurityFlags ForClient(string self, string name, string server, string parties, bool isKept) => new(
        $"certificate of this {self}, in PEM, for the name {name}, where the {server} asks for one",
        $"CA certificate, in PEM, of the {server}'s certificate: enables TLS",
        $"the {server} is refused if it is among them",
        parties,
        "connect to another machine without TLS and token",
        isKept);

    private TlsPaths ReadPaths(ParseResult result) =>
        new TlsPaths(_certificate.Get(result), _key.Get(result), _authority.Get(result), _revoked.Get(result)) switch
        {
            { Certificate: null, Key: not null } => throw new UserErrorException(ExitCode.Usage, "--tls_key needs --tls_cert"),
            { Certificate: not null, Key: null } => throw new UserErrorException(ExitCode.Usage, "--tls_cert needs --tls_key"),
            { Authority: null, Revoked: not null } => throw new UserErrorException(ExitCode.Usage, "--tls_crl needs --tls_ca, the CA whose list it is"),
            var paths => paths,
        };

    private NetworkAddress? ReadAddress(ParseResult result) => _address?.Get(result) is not { } address ? null
        : _certificate.Get(result) is not null && _authority.Get(result) is not null ? address
        : throw new UserErrorException(ExitCode.Usage, "--ca_address needs --tls_cert, the certificate that is renewed there, and --tls_ca");

    private Token? ReadToken(ParseResult result) => _token.Get(result) is { } path ? Token.Load(path) : null;

    private bool IsProtected(ParseResult result, string host, bool tls, bool token) =>
        (tls && token) || _insecure.Get(result) || Exposure.IsLoopback(host);
}
