using System.Globalization;

namespace TraversalLearning.Security;

/// <summary>What a certificate is for, as its common name says: <c>orchestrator</c>, <c>worker</c>, <c>node-3</c> or <c>nodes-1-100</c>.</summary>
/// <param name="Name">The common name.</param>
/// <param name="First">The first node's id; 0 if it is not for nodes.</param>
/// <param name="Count">Number of nodes.</param>
public sealed record CertificateRole(string Name, int First = 0, int Count = 0)
{
    /// <summary>OpenSSL accepts certificates of up to 100 KB: about so many names.</summary>
    public const int MaxNodes = 5000;

    private const string NodePrefix = "node-";
    private const string NodesPrefix = "nodes-";
    private const int MaxNodeId = 999_999;

    /// <summary>The orchestrator's, or that of a study.</summary>
    public static CertificateRole Orchestrator { get; } = new("orchestrator");

    /// <summary>That of a study's workers.</summary>
    public static CertificateRole Worker { get; } = new(NodeCertificate.Worker);

    /// <summary>Whether it is shown by the side that listens.</summary>
    public bool IsServer => this == Orchestrator;

    /// <summary>The names that the other side looks for in a client's certificate; empty for a server, which has names of its own.</summary>
    public IEnumerable<string> ClientNames => First > 0 ? Enumerable.Range(First, Count).Select(NodeCertificate.NameOf) : IsServer ? [] : [Name];

    /// <summary>The role of nodes with consecutive ids.</summary>
    public static CertificateRole OfNodes(int first, int count) =>
        new(count == 1 ? NodeCertificate.NameOf(first) : string.Create(CultureInfo.InvariantCulture, $"{NodesPrefix}{first}-{first + count - 1}"), first, count);

    /// <summary>The role of a name; <see langword="null"/> if it is of none.</summary>
    public static CertificateRole? Find(string name)
    {
        CertificateRole? role = name switch
        {
            _ when name == Orchestrator.Name => Orchestrator,
            _ when name == Worker.Name => Worker,
            _ when name.StartsWith(NodePrefix, StringComparison.Ordinal) => OfRange(name[NodePrefix.Length..], name[NodePrefix.Length..]),
            _ when name.StartsWith(NodesPrefix, StringComparison.Ordinal) && name.Split('-') is [_, var first, var last] => OfRange(first, last),
            _ => null,
        };

        // One spelling only: 'node-01' is none.
        return role?.Name == name ? role : null;
    }

    private static CertificateRole? OfRange(string first, string last) =>
        int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out int from)
        && int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out int to)
        && from >= 1 && to >= from && to <= MaxNodeId && to - from < MaxNodes
            ? OfNodes(from, to - from + 1)
            : null;
}
