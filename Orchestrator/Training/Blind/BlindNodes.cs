using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Training.Steps;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Blind;

/// <summary>
/// Requests to the nodes of a blind run. A node's new connection is first told what the run is, and says what it has of it;
/// one that lacks the model or the keys is not asked for anything else.
/// </summary>
/// <param name="tasks">Runs tasks on nodes.</param>
/// <param name="count">Number of nodes.</param>
/// <param name="options">How nodes are scheduled.</param>
/// <param name="atOnce">Most requests at once.</param>
/// <param name="start">The run's terms.</param>
/// <param name="startTensors">Sample counts, and θ at the run's start.</param>
internal sealed class BlindNodes(
    NodeTaskRunner tasks, int count, SchedulerOptions options, int atOnce, BlindStart start, EncodedTensor[] startTensors)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, NodeLink> _started = [];
    private readonly HashSet<int> _stale = [];

    /// <summary>Sends one request over one connection.</summary>
    /// <param name="node">The node's id.</param>
    /// <param name="link">The connection.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public delegate Task Request(int node, NodeLink link, CancellationToken cancellationToken);

    /// <summary>Number of nodes.</summary>
    public int Count => count;

    /// <summary>The nodes that can be asked now: all, or, where lost ones are skipped, the connected ones.</summary>
    public int[] Present => [.. Enumerable.Range(1, Count).Where(n => !SkipsLost || tasks.IsConnected(n))];

    /// <summary>Whether a run goes on without a node that is lost.</summary>
    public bool SkipsLost => options.OnNodeLoss == OnNodeLoss.Skip;

    /// <summary>The nodes that can be asked now, once there is one.</summary>
    /// <exception cref="NodeLostException">None came in time.</exception>
    public async Task<int[]> PresentAsync(CancellationToken cancellationToken)
    {
        int[] present;
        do
        {
            await tasks.RequireAnyAsync([.. Enumerable.Range(1, Count)], cancellationToken);
            present = Present;
        }
        while (present.Length == 0);
        return present;
    }

    /// <summary>What each of these nodes has of the run now.</summary>
    public async Task<BlindReady[]> ReadyAsync(int[] nodes, CancellationToken cancellationToken)
    {
        var ready = new BlindReady[nodes.Length];
        await AskAllAsync(
            nodes, null, async (node, link, token) => ready[Array.IndexOf(nodes, node)] = await StartAsync(node, link, token), cancellationToken);
        lock (_lock)
        {
            return [.. ready.Select((r, i) => _stale.Contains(nodes[i]) ? r with { KeyEpoch = string.Empty } : r)];
        }
    }

    /// <summary>Records that these nodes have the state of training and the keys.</summary>
    public void Restored(IEnumerable<int> nodes)
    {
        lock (_lock)
        {
            _stale.ExceptWith(nodes);
        }
    }

    /// <summary>Asks nodes for something that every node of the run has to follow, so that one that is not asked falls behind.</summary>
    /// <inheritdoc cref="AskAsync"/>
    public Task<Verdict> AskFollowersAsync(int[] nodes, Func<int, StepId?> round, Request request, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _stale.UnionWith(Enumerable.Range(1, Count).Except(nodes));
            if (nodes.Any(_stale.Contains))
            {
                return Task.FromResult(Verdict.NoState);
            }
        }

        return AskAllAsync(nodes, round, Started(request), cancellationToken);
    }

    /// <summary>
    /// Asks nodes. Every node answers before this returns, unless one fails for good: no reply is under way into a sum that
    /// is abandoned.
    /// </summary>
    /// <param name="nodes">The nodes.</param>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="NodeLostException">A node was lost.</exception>
    /// <exception cref="TaskFailedException">A node failed the task.</exception>
    public Task<Verdict> AskAsync(int[] nodes, Request request, CancellationToken cancellationToken) => AskAllAsync(nodes, null, Started(request), cancellationToken);

    /// <summary>A new connection is told what the run is first.</summary>
    private Request Started(Request request) => async (node, link, token) =>
    {
        bool started;
        lock (_lock)
        {
            started = ReferenceEquals(_started.GetValueOrDefault(node), link);
        }

        if (!started)
        {
            await StartAsync(node, link, token);
        }

        await request(node, link, token);
    };

    private async Task<Verdict> AskAllAsync(int[] nodes, Func<int, StepId?>? round, Request request, CancellationToken cancellationToken)
    {
        using var places = new SemaphoreSlim(atOnce);
        using var others = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var answers = new Verdict[nodes.Length];
        Exception? failure = null;
        await Task.WhenAll(nodes.Select(AskOneAsync));
        await NodeTaskRunner.LeaveReceivingLoopAsync();
        if (failure is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }

        RequireAlike(nodes, answers);
        return answers.Length == 0 ? Verdict.Done : answers.Max();

        async Task AskOneAsync(int node, int index)
        {
            try
            {
                await places.WaitAsync(others.Token);
                try
                {
                    await tasks.RunAsync(node, options.OnNodeLoss, round?.Invoke(node), (link, _, token) => request(node, link, token), others.Token);
                }
                finally
                {
                    places.Release();
                }
            }
            catch (TaskFailedException e) when (VerdictOf(e.Code) is { } verdict)
            {
                answers[index] = verdict;
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, Divergence(e), null);
                lock (_lock)
                {
                    _stale.Add(node);
                }

                if (!(SkipsLost && e is NodeLostException))
                {
                    await others.CancelAsync();
                }
            }
        }
    }

    /// <summary>Whether a sum has too few bits follows from its integers: all nodes find the same.</summary>
    private static void RequireAlike(int[] nodes, Verdict[] answers)
    {
        int coarse = Array.IndexOf(answers, Verdict.Coarse);
        int added = Array.FindIndex(answers, a => a is Verdict.Done or Verdict.Range);
        if (coarse >= 0 && added >= 0)
        {
            throw new UserErrorException(
                ExitCode.TrainingFailed, $"node {nodes[coarse]} says that a sum has too few bits, which node {nodes[added]} has added: they do not run the same version");
        }
    }

    private static Verdict? VerdictOf(string code) => code switch
    {
        TaskFailureCodes.Range => Verdict.Range,
        TaskFailureCodes.Coarse => Verdict.Coarse,
        TaskFailureCodes.NoState => Verdict.NoState,
        _ => null,
    };

    private static Exception Divergence(Exception e) => e is TaskFailedException { Code: TaskFailureCodes.NotFinite } failed
        ? new TaskFailedException(
            failed.NodeId,
            failed.Code,
            $"{failed.Reason}: look at its data first, where a value may be very large; then use a smaller --lr or --clip_grad_norm") { IsDivergence = true }
        : e;

    private async Task<BlindReady> StartAsync(int node, NodeLink link, CancellationToken cancellationToken)
    {
        BlindReady ready = await link.RequestAsync<BlindStart, BlindReady>(start, startTensors, [], cancellationToken);
        lock (_lock)
        {
            _started[node] = link;
        }

        return ready;
    }
}
