using System.Net;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>Nodes that are started for a run, in processes of their own or in this one. Disposing it ends those that are still there.</summary>
internal interface INodeCrew : IAsyncDisposable
{
    /// <summary>Completes when one of them fails, with what its user can do; never if none does.</summary>
    Task<UserErrorException> Failure { get; }

    /// <summary>Starts them. Called for each session of the run, of which they are started in the first and come back in the others.</summary>
    /// <param name="endpoint">Where the orchestrator listens.</param>
    void Start(IPEndPoint endpoint);
}

/// <summary>Watching over nodes while a run needs them.</summary>
internal static class NodeCrews
{
    /// <summary>Does <paramref name="work"/>; a node that fails ends it with that node's failure, instead of the deadline for its return.</summary>
    public static async Task<T> WatchAsync<T>(this INodeCrew crew, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<T> result = work(linked.Token);
        if (await Task.WhenAny(result, crew.Failure) != result)
        {
            await linked.CancelAsync();
            await ((Task)result).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            if (!result.IsCompletedSuccessfully)
            {
                throw await crew.Failure;
            }
        }

        return await result;
    }
}
