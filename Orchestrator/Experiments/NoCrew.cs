using System.Net;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Runs;

namespace TraversalLearning.Orchestration.Experiments;

/// <summary>Nodes that nobody starts: they come by themselves.</summary>
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
