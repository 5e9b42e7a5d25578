using System.Security.Cryptography.X509Certificates;

namespace TraversalLearning.Security;

/// <summary>
/// Which nodes a certificate is for: those that it names, as subject alternative names of the type DNS, or as the common name where there
/// are none. One that names several is for a process that hosts several.
/// </summary>
public static class NodeCertificate
{
    /// <summary>The name of every worker of a study.</summary>
    public const string Worker = "worker";

    /// <summary>The name of a node.</summary>
    public static string NameOf(int nodeId) => $"node-{nodeId}";

    /// <summary>Whether who holds the certificate may be who has this name.</summary>
    public static bool IsFor(X509Certificate2 certificate, string name) =>
        certificate.MatchesHostname(name, allowWildcards: false, allowCommonName: true);
}
