using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Scheduling;

/// <summary>The one recovery path of everything that a node is asked for.</summary>
/// <param name="connections">The nodes.</param>
/// <param name="reconnectTimeout">For how long a lost node is waited for, where it is.</param>
/// <param name="taskTimeout">How long one task may take a node, reply included, before its connection counts as lost.</param>
/// <param name="log">Told of repeats.</param>
internal sealed class NodeTasks(ConnectionManager connections, TimeSpan reconnectTimeout, TimeSpan taskTimeout, OrchestratorLog log)
{
    /// <summary>Does a task on a node's connection, and again on its next one, whatever ends it.</summary>
    /// <param name="nodeId">Which node.</param>
    /// <param name="onNodeLoss">Whether the node is waited for.</param>
    /// <param name="task">The task, which is told how often it was tried.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="NodeLostException">The node is not waited for, did not come back, or lost its connection too often.</exception>
    public async Task ReliablyAsync(
        int nodeId, OnNodeLoss onNodeLoss, Func<NodeLink, int, CancellationToken, Task> task, CancellationToken cancellationToken)
    {
        NodeSlot slot = connections.Slot(nodeId);
        var repeats = new TaskRepeats(reconnectTimeout);
        for (int attempt = 0; ; attempt++)
        {
            NodeLink link = onNodeLoss == OnNodeLoss.Wait
                ? await slot.GetAsync(reconnectTimeout, cancellationToken)
                : slot.Current ?? throw new NodeLostException(nodeId, "it is not connected");
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(taskTimeout);
            string reason;
            try
            {
                await task(link, attempt, deadline.Token);
                return;
            }
            catch (ConnectionLostException e)
            {
                reason = e.Message;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                reason = $"no reply within the task timeout of {taskTimeout.TotalSeconds:0.#} s";
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

            log.TaskRepeated(nodeId, reason, reconnectTimeout);
            await Task.Delay(delay, cancellationToken);
        }
    }
}
