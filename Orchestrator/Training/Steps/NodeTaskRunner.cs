using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Options.Topologies;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>Has nodes do tasks, whatever becomes of their connections meanwhile.</summary>
internal sealed class NodeTaskRunner(ConnectionManager connections, SchedulerOptions options, OrchestratorLog log)
{
    /// <summary>
    /// What follows a reply runs in the loop that received it. That is right for the few lines that check it, and wrong for what follows
    /// the last visit: it computes, and would keep that connection from being read.
    /// </summary>
    public static async Task LeaveReceivingLoopAsync() => await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);

    /// <summary>Where lost nodes are skipped: waits until one of these is there, so that a round has somebody to ask.</summary>
    /// <exception cref="NodeLostException">None came in time: there is nothing to go on with.</exception>
    public async Task RequireAnyAsync(IReadOnlyList<int> nodes, CancellationToken cancellationToken)
    {
        if (options.OnNodeLoss == OnNodeLoss.Skip && nodes.Count > 0 && !await connections.WaitForAnyAsync(nodes, options.ReconnectTimeout, cancellationToken))
        {
            throw new NodeLostException(nodes[0], $"like all the others, it did not come back within {options.ReconnectTimeout.TotalSeconds:0.#} s");
        }
    }

    /// <summary>The one recovery path: whatever ends a node's connection, the task is done again on its next one.</summary>
    /// <param name="nodeId">Which node.</param>
    /// <param name="onNodeLoss">What becomes of the task when the node is lost.</param>
    /// <param name="round">Where a round begins with it: which. Then the node may be away, or its answer be lost, as if the node were lost.</param>
    /// <param name="task">One try, over one connection, with its number.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task RunAsync(
        int nodeId, OnNodeLoss onNodeLoss, StepId? round, Func<NodeLink, int, CancellationToken, Task> task, CancellationToken cancellationToken) =>
        RunAsync(nodeId, onNodeLoss, round, (NodeLink link, int attempt, TaskDeadline deadline) => task(link, attempt, deadline.Token), cancellationToken);

    /// <summary>The same for a task of several requests, each of which has all of the time that a task may take.</summary>
    public async Task RunAsync(
        int nodeId, OnNodeLoss onNodeLoss, StepId? round, Func<NodeLink, int, TaskDeadline, Task> task, CancellationToken cancellationToken)
    {
        NodeFate fate = round is { } step ? options.FateOf(step.Epoch, step.Batch, nodeId) : default;
        if (fate.IsAway)
        {
            throw new NodeLostException(nodeId, "it is away in this round");
        }

        await Task.Delay(fate.Delay, cancellationToken);
        await AskAsync(nodeId, onNodeLoss, task, cancellationToken);
        if (fate.Fails)
        {
            throw new NodeLostException(nodeId, "its answer of this round is lost");
        }
    }

    private async Task AskAsync(
        int nodeId, OnNodeLoss onNodeLoss, Func<NodeLink, int, TaskDeadline, Task> task, CancellationToken cancellationToken)
    {
        NodeSlot slot = connections.Slot(nodeId);
        var repeats = new TaskRepeats(options.ReconnectTimeout);
        for (int attempt = 0; ; attempt++)
        {
            NodeLink link = onNodeLoss == OnNodeLoss.Wait
                ? await slot.GetAsync(options.ReconnectTimeout, cancellationToken)
                : slot.Current ?? throw new NodeLostException(nodeId, "it is not connected");
            using var deadline = new TaskDeadline(options.TaskTimeout, cancellationToken);
            string reason;
            try
            {
                await task(link, attempt, deadline);
                return;
            }
            catch (ConnectionLostException e)
            {
                reason = e.Message;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                reason = $"no reply within the task timeout of {options.TaskTimeout.TotalSeconds:0.#} s";
            }

            // Once the link is disposed, nothing of it writes to the batch's buffers any more.
            link.End(reason);
            await link.DisposeAsync();
            slot.Detach(link);
            if (onNodeLoss != OnNodeLoss.Wait)
            {
                throw new NodeLostException(nodeId, reason);
            }

            if (repeats.Next() is not { } delay)
            {
                throw new NodeLostException(nodeId, $"its connection was lost {TaskRepeats.MaxAttempts} times in one task, at last: {reason}");
            }

            log.Crowd.TaskRepeated(nodeId, reason, options.ReconnectTimeout.TotalSeconds);
            await Task.Delay(delay, cancellationToken);
        }
    }
}
