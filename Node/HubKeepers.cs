using Microsoft.Extensions.Logging;
using TraversalLearning.Enrolment;
using TraversalLearning.Hosting;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Security;
using TraversalLearning.Transport;

namespace TraversalLearning.NodeDaemon;

/// <summary>Renews this node's certificates at its orchestrators before they end.</summary>
/// <param name="common">Settings at every orchestrator.</param>
/// <param name="proxyOf">The proxy to an address.</param>
/// <param name="log">The log.</param>
internal sealed class HubKeepers(NodeOptions common, Func<NetworkAddress, HttpProxy?> proxyOf, ILogger log) : IAsyncDisposable
{
    private readonly Dictionary<string, CertificateKeeper> _keepers = new(StringComparer.Ordinal);

    /// <summary>Keeps the certificates of these orchestrators too.</summary>
    public void Add(IEnumerable<Hub> hubs)
    {
        foreach (Hub hub in hubs.Where(h => !_keepers.ContainsKey(h.Name)))
        {
            try
            {
                NodeSecurity security = hub.Configure(common).Security;
                _keepers[hub.Name] = CertificateKeeper.Start(security.Tls?.Source, security.Authority, CertificateKeeper.NodeInterval, log, proxy: security.Authority is { } ca ? proxyOf(ca) : null);
            }
            catch (UserErrorException)
            {
                // Said when the node connects there.
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (CertificateKeeper keeper in _keepers.Values)
        {
            await keeper.DisposeAsync();
        }
    }
}
