using System.Text.Json;
using TraversalLearning.Files;
using TraversalLearning.Hosting;

namespace TraversalLearning.Security;

/// <summary>
/// An orchestrator with which this node is enrolled: a folder that holds the node's key and certificate, the CA's certificate and
/// the orchestrator's address. The key was made there and never leaves it.
/// </summary>
/// <param name="Folder">The folder.</param>
/// <param name="Host">The orchestrator's host name or address.</param>
/// <param name="Port">The orchestrator's port.</param>
/// <param name="NodeId">The node's id; the first one, if the certificate is for several.</param>
public sealed record EnrolledHub(string Folder, string Host, int Port, int NodeId)
{
    /// <summary>The file with the addresses.</summary>
    public const string FileName = "hub.json";

    private const int MaxLength = 64 * 1024;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        WriteIndented = true,
    };

    /// <summary>Number of nodes that the certificate is for, with consecutive ids.</summary>
    public int NodeCount { get; init; } = 1;

    /// <summary>Address of the CA as <c>host:port</c>, where certificates are renewed; <see langword="null"/> if they are carried by hand.</summary>
    public string? Authority { get; init; }

    /// <summary>The node's certificate, as for <c>--tls_cert</c>.</summary>
    public string CertificatePath => Path.Combine(Folder, "node.pem");

    /// <summary>The node's private key, as for <c>--tls_key</c>.</summary>
    public string KeyPath => Path.Combine(Folder, "node.key");

    /// <summary>The CA's certificate, as for <c>--tls_ca</c>.</summary>
    public string AuthorityPath => Path.Combine(Folder, "ca.pem");

    /// <summary>The CA's list of revoked certificates, as for <c>--tls_crl</c>; there may be none.</summary>
    public string RevokedPath => Path.Combine(Folder, "revoked.crl");

    /// <summary>The secret that orchestrator and nodes share, as for <c>--token_file</c>; the orchestrator may have none.</summary>
    public string TokenPath => Path.Combine(Folder, "token");

    /// <summary>Reads a folder.</summary>
    /// <exception cref="UserErrorException">It is missing or damaged.</exception>
    public static EnrolledHub Load(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            using FileStream file = File.OpenRead(path);
            if (file.Length > MaxLength)
            {
                throw new JsonException($"it has {file.Length} bytes");
            }

            return JsonSerializer.Deserialize<Content>(file, Json)?.In(folder) ?? throw new JsonException("it is empty");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new UserErrorException(ExitCode.Usage, $"cannot read '{path}': {FileError.ReasonOf(path, e)}; enroll the node with: Node enroll", e);
        }
    }

    /// <summary>All enrolled orchestrators, by the names of their folders; empty if there are none.</summary>
    /// <param name="keys">The folder with a folder for each orchestrator.</param>
    /// <exception cref="UserErrorException">One of them is damaged.</exception>
    public static IReadOnlyList<EnrolledHub> LoadAll(string keys) => Directory.Exists(keys)
        ? [.. Directory.GetDirectories(keys).Order(StringComparer.Ordinal).Where(d => File.Exists(Path.Combine(d, FileName))).Select(Load)]
        : [];

    /// <summary>Reads the certificates, the key and the token.</summary>
    /// <exception cref="UserErrorException">A file is missing or cannot be used.</exception>
    public NodeSecurity ReadSecurity() => new(
        new ClientTls(TlsSource.Open(new TlsPaths(CertificatePath, KeyPath, AuthorityPath, File.Exists(RevokedPath) ? RevokedPath : null))),
        File.Exists(TokenPath) ? Token.Load(TokenPath) : null)
    {
        Authority = Authority is null ? null : NetworkAddress.Parse(Authority),
    };

    /// <summary>Writes the file with the addresses, replacing an earlier one.</summary>
    public void Save() =>
        ReplacedFile.Write(Path.Combine(Folder, FileName), JsonSerializer.SerializeToUtf8Bytes(new Content(Host, Port, NodeId, Authority, NodeCount), Json));

    private sealed record Content(string Host, int Port, int NodeId, string? Ca, int Nodes = 1)
    {
        public EnrolledHub In(string folder) => Port is < 1 or > 65535 || NodeId < 1 || Nodes < 1 || !(Ca is null || NetworkAddress.IsValid(Ca))
            ? throw new JsonException($"port {Port}, node_id {NodeId}, nodes {Nodes} and ca '{Ca}' are not all possible")
            : new EnrolledHub(folder, Host, Port, NodeId) { Authority = Ca, NodeCount = Nodes };
    }
}
