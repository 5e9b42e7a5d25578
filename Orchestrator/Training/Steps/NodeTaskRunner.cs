using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Options.Topologies;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>Runs a task on a node, retrying across reconnects.</summary>
internal sealed class NodeTaskRunner(ConnectionManager connections, SchedulerOptions options, OrchestratorLog log)
{
    /// <summary>
    /// Leaves the receiving loop. Continuations of a reply run in the loop that received it. That suits the few lines
    /// that check the reply, but not the computation after the last visit, which would keep that connection from being
    /// read.
    /// </summary>
    public static async Task LeaveReceivingLoopAsync() => await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);

    /// <summary>Whether a node is connected now.</summary>
    public bool IsConnected(int nodeId) => connections.Slot(nodeId).Current is not null;

    /// <summary>
    /// When lost nodes are skipped: waits until at least one of these nodes is connected, so that a round is not empty.
    /// </summary>
    /// <exception cref="NodeLostException">No node connected in time.</exception>
    public async Task RequireAnyAsync(IReadOnlyList<int> nodes, CancellationToken cancellationToken)
    {
        if (options.OnNodeLoss == OnNodeLoss.Skip && nodes.Count > 0 && !await connections.WaitForAnyAsync(nodes, options.ReconnectTimeout, cancellationToken))
        {
            throw new NodeLostException(nodes[0], $"like all the others, it did not come back within {options.ReconnectTimeout.TotalSeconds:0.#} s");
        }
    }

    /// <summary>
    /// The single recovery path: a task whose connection ends is retried on the node's next connection.
    /// </summary>
    /// <param name="nodeId">The node's id.</param>
    /// <param name="onNodeLoss">How the loss of the node is handled.</param>
    /// <param name="round">The round, if the task starts one. The planned availability then applies: the node may count
    /// as absent, or its reply as lost.</param>
    /// <param name="task">A single numbered attempt over one connection.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    public Task RunAsync(
        int nodeId, OnNodeLoss onNodeLoss, StepId? round, Func<NodeLink, int, CancellationToken, Task> task, CancellationToken cancellationToken) =>
        RunAsync(nodeId, onNodeLoss, round, (NodeLink link, int attempt, TaskDeadline deadline) => task(link, attempt, deadline.Token), cancellationToken);

    /// <summary>The same for a task of several requests, each with the full task timeout.</summary>
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

            // After the link is disposed, nothing writes to the batch's buffers.
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
