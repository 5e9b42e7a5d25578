using System.Net;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>Nodes started for a run, in this process or in others. Disposing it stops those still running.</summary>
internal interface INodeCrew : IAsyncDisposable
{
    /// <summary>Completes when a node fails, with advice for the user; never completes otherwise.</summary>
    Task<UserErrorException> Failure { get; }

    /// <summary>
    /// Starts the nodes. Called for each session of the run: the first call starts them, and they reconnect in later
    /// sessions.
    /// </summary>
    /// <param name="endpoint">The orchestrator's listening address.</param>
    void Start(IPEndPoint endpoint);
}

/// <summary>Watches nodes while a run needs them.</summary>
internal static class NodeCrews
{
    /// <summary>
    /// Runs <paramref name="work"/>; if a node fails, ends it with that failure instead of waiting for the reconnect
    /// timeout.
    /// </summary>
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
