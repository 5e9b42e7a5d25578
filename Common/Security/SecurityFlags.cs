using System.CommandLine;
using TraversalLearning.Hosting;

namespace TraversalLearning.Security;

/// <summary>The flags for TLS and token; the same names in both programs. There is no <c>--tls</c>: the certificates turn it on.</summary>
public sealed class SecurityFlags
{
    private readonly Flag<string?> _certificate;
    private readonly Flag<string?> _key;
    private readonly Flag<string?> _authority;
    private readonly Flag<string?> _token;
    private readonly Flag<bool> _insecure;

    private SecurityFlags(string certificate, string authority, string insecure)
    {
        _certificate = Flag.OptionalText("--tls_cert", certificate);
        _key = Flag.OptionalText("--tls_key", "Private key of --tls_cert, in PEM; nobody else may be able to read the file");
        _authority = Flag.OptionalText("--tls_ca", authority);
        _token = Flag.OptionalText("--token_file", "File with the secret that orchestrator and nodes prove to each other; nobody else may be able to read it");
        _insecure = Flag.Switch("--insecure", insecure);
    }

    /// <summary>To be added to the command.</summary>
    public IReadOnlyList<Option> Options => [_certificate.Option, _key.Option, _authority.Option, _token.Option, _insecure.Option];

    /// <summary>The orchestrator's.</summary>
    public static SecurityFlags ForOrchestrator() => new(
        "Certificate of this orchestrator, in PEM: turns TLS on",
        "CA certificate, in PEM: every node must then present a certificate of it, for the name node-<id>",
        "Listen for other machines without TLS and token");

    /// <summary>The node's.</summary>
    public static SecurityFlags ForNode() => new(
        "Certificate of this node, in PEM, for the name node-<id>, where the orchestrator asks for one",
        "CA certificate, in PEM, that the orchestrator's certificate must be of: turns TLS on",
        "Connect to another machine without TLS and token");

    /// <summary>Reads the orchestrator's flags and the files that they name.</summary>
    /// <exception cref="UserErrorException">They do not go together, a file cannot be used, or other machines could connect unprotected.</exception>
    public OrchestratorSecurity ReadOrchestrator(ParseResult result, string host)
    {
        TlsIdentity? identity = ReadIdentity(result);
        string? authority = _authority.Get(result);
        if (authority is not null && identity is null)
        {
            throw new UserErrorException(ExitCode.Usage, "--tls_ca asks nodes for certificates; that needs --tls_cert and --tls_key");
        }

        ServerTls? tls = identity is null ? null : new ServerTls(identity, authority is null ? null : TrustedAuthority.Load(authority));
        Token? token = ReadToken(result);
        return IsProtected(result, host, tls is not null, token is not null)
            ? new OrchestratorSecurity(tls, token)
            : throw new UserErrorException(
                ExitCode.Usage,
                $"--host {host} lets other machines connect: give --tls_cert, --tls_key and --token_file (docs/guide/several-machines.md), or --insecure in a network that you trust");
    }

    /// <summary>Reads the node's flags and the files that they name.</summary>
    /// <exception cref="UserErrorException">They do not go together, a file cannot be used, or the connection would be unprotected.</exception>
    public NodeSecurity ReadNode(ParseResult result, string host)
    {
        TlsIdentity? identity = ReadIdentity(result);
        string? authority = _authority.Get(result);
        if (identity is not null && authority is null)
        {
            throw new UserErrorException(ExitCode.Usage, "--tls_cert needs --tls_ca, the CA whose orchestrator the certificate is shown to");
        }

        ClientTls? tls = authority is null ? null : new ClientTls(TrustedAuthority.Load(authority), identity);
        Token? token = ReadToken(result);
        return IsProtected(result, host, tls is not null, token is not null)
            ? new NodeSecurity(tls, token)
            : throw new UserErrorException(
                ExitCode.Usage,
                $"--host {host} is another machine: give --tls_ca and --token_file (docs/guide/several-machines.md), or --insecure in a network that you trust");
    }

    private TlsIdentity? ReadIdentity(ParseResult result) => (_certificate.Get(result), _key.Get(result)) switch
    {
        (null, null) => null,
        (null, _) => throw new UserErrorException(ExitCode.Usage, "--tls_key needs --tls_cert"),
        (_, null) => throw new UserErrorException(ExitCode.Usage, "--tls_cert needs --tls_key"),
        var (certificate, key) => TlsIdentity.Load(certificate, key),
    };

    private Token? ReadToken(ParseResult result) => _token.Get(result) is { } path ? Token.Load(path) : null;

    private bool IsProtected(ParseResult result, string host, bool tls, bool token) =>
        (tls && token) || _insecure.Get(result) || Exposure.IsLoopback(host);
}
