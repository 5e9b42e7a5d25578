using TraversalLearning.Hosting;
using TraversalLearning.Security;

namespace TraversalLearning.NodeDaemon;

/// <summary>The ids of the nodes that this process is.</summary>
/// <param name="First">From 1.</param>
/// <param name="Count">How many, one after the other.</param>
internal sealed record NodeIds(int First, int Count)
{
    // What the process may come to open besides: the data set, the log, the runtime's own.
    private const int ReservedDescriptors = 32;

    public int Last => First + Count - 1;

    /// <summary>A certificate must name every node that is to show it. For one alone the orchestrator's word is as good, and comes at once.</summary>
    /// <exception cref="UserErrorException">It does not.</exception>
    public void RequireCertificate(NodeSecurity security)
    {
        if (Count == 1 || security.Tls?.Identity is not { } identity)
        {
            return;
        }

        foreach (int id in Enumerable.Range(First, Count))
        {
            if (!NodeCertificate.IsFor(identity.Certificate, NodeCertificate.NameOf(id)))
            {
                throw new UserErrorException(
                    ExitCode.Usage,
                    $"--tls_cert is not for '{NodeCertificate.NameOf(id)}'; --virtual_nodes {Count} takes one certificate for all its ids: docs/make_certificates.sh DIR {First}-{Last}");
            }
        }
    }

    /// <summary>Every node is a socket.</summary>
    /// <exception cref="UserErrorException">The process may not open so many.</exception>
    public void RequireDescriptors()
    {
        int available = FileDescriptors.Available();
        if (available < Count + ReservedDescriptors)
        {
            throw new UserErrorException(
                ExitCode.Usage,
                $"--virtual_nodes {Count} takes a socket each, and this process may open {available} more files; allow more, e.g. by: ulimit -n {FileDescriptors.Advice(Count)}");
        }
    }
}
