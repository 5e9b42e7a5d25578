using System.Net;

namespace TraversalLearning.Tests.Support;

/// <summary>A <see cref="FaultProxy"/> in front of every node of a cluster.</summary>
internal sealed class ProxySet : IAsyncDisposable
{
    private readonly FaultProxy[] _proxies;

    /// <summary>The same policy for all.</summary>
    public ProxySet(TestCluster cluster, int nodes, Func<ProxiedFrame, Task> policy)
        : this(cluster, nodes, _ => policy)
    {
    }

    /// <summary>A policy for each node id.</summary>
    public ProxySet(TestCluster cluster, int nodes, Func<int, Func<ProxiedFrame, Task>> policy) =>
        _proxies = [.. Enumerable.Range(1, nodes).Select(id => new FaultProxy(cluster.Endpoint, policy(id)))];

    public FaultProxy this[int nodeId] => _proxies[nodeId - 1];

    public IPEndPoint EndpointOf(int nodeId) => this[nodeId].Endpoint;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (FaultProxy proxy in _proxies)
        {
            await proxy.DisposeAsync();
        }
    }
}
