using System.Security.Cryptography.X509Certificates;

namespace TraversalLearning.Security;

/// <summary>
/// Which nodes a certificate is for: those that it names, as subject alternative names of the type DNS, or as the common name where there
/// are none. One that names several is for a process that hosts several.
/// </summary>
public static class NodeCertificate
{
    /// <summary>The name of a node.</summary>
    public static string NameOf(int nodeId) => $"node-{nodeId}";

    /// <summary>Whether who holds the certificate may be this node.</summary>
    public static bool IsFor(X509Certificate2 certificate, int nodeId) =>
        certificate.MatchesHostname(NameOf(nodeId), allowWildcards: false, allowCommonName: true);
}
