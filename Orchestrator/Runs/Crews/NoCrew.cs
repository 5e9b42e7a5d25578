using System.Net;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Runs.Crews;

/// <summary>Nodes that are started externally.</summary>
internal sealed class NoCrew : INodeCrew
{
    /// <inheritdoc/>
    public Task<UserErrorException> Failure { get; } = new TaskCompletionSource<UserErrorException>().Task;

    /// <inheritdoc/>
    public void Start(IPEndPoint endpoint)
    {
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
