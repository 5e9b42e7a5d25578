using TraversalLearning.Hosting;
using TraversalLearning.Security;

namespace TraversalLearning.NodeDaemon;

/// <summary>The ids of the nodes in this process.</summary>
/// <param name="First">The first id, from 1.</param>
/// <param name="Count">Number of consecutive ids.</param>
internal sealed record NodeIds(int First, int Count)
{
    // File descriptors for everything else: the data set, the log, the runtime.
    private const int ReservedDescriptors = 32;

    public int Last => First + Count - 1;

    /// <summary>Requires a certificate that names every node. Not checked for a single node: the orchestrator reports it just as well, at once.</summary>
    /// <exception cref="UserErrorException">A node is not named.</exception>
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
                    $"--tls_cert is not for '{NodeCertificate.NameOf(id)}'; --virtual_nodes {Count} takes one certificate for all its ids: Orchestrator ca token DIR --node_id {First} --virtual_nodes {Count}");
            }
        }
    }

    /// <summary>Requires enough file descriptors: every node needs a socket.</summary>
    /// <exception cref="UserErrorException">The process limit is too low.</exception>
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
