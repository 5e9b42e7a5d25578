using System.Security.Cryptography.X509Certificates;

namespace TraversalLearning.Security;

/// <summary>
/// Matches certificates to nodes. A certificate is valid for the nodes named in its DNS subject alternative names, or in
/// the common name if it has none. A process that hosts several nodes uses one certificate that names them all.
/// </summary>
public static class NodeCertificate
{
    /// <summary>The certificate name shared by all workers of a study.</summary>
    public const string Worker = "worker";

    /// <summary>The certificate name of a node.</summary>
    public static string NameOf(int nodeId) => $"node-{nodeId}";

    /// <summary>Whether the certificate is valid for this name.</summary>
    public static bool IsFor(X509Certificate2 certificate, string name) =>
        certificate.MatchesHostname(name, allowWildcards: false, allowCommonName: true);
}
