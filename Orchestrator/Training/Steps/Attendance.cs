using TraversalLearning.Data.Batches;
using TraversalLearning.Orchestration.Connections;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// Determines which nodes take part in a batch when lost nodes are skipped. The plan keeps all samples; each batch is
/// reduced to the connected nodes, so that a returning node takes part in the next one.
/// </summary>
internal sealed class Attendance(ConnectionManager connections, SchedulerOptions options, OrchestratorLog log)
{
    private readonly HashSet<int> _absent = [];

    /// <summary>The batch without the rows of absent nodes; possibly empty.</summary>
    /// <param name="batch">As planned.</param>
    /// <param name="lost">Nodes lost during this batch. They rejoin in the next one, which bounds the number of
    /// retries.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="NodeLostException">No node is connected, and none connected in time.</exception>
    public async Task<VirtualBatch> PresentAsync(VirtualBatch batch, IReadOnlySet<int> lost, CancellationToken cancellationToken)
    {
        batch = WithoutAway(batch);
        if (batch.Rows == 0)
        {
            log.BatchSkipped(batch);
            return batch;
        }

        if (!await connections.WaitForAnyAsync(Enumerable.Range(1, connections.NodeCount), options.ReconnectTimeout, cancellationToken))
        {
            throw new NodeLostException(batch.Plan.Visits[0].NodeId, $"like all the others, it did not come back within {options.ReconnectTimeout.TotalSeconds:0.#} s");
        }

        var absent = new HashSet<int>();
        foreach (Visit visit in batch.Plan.Visits)
        {
            if (lost.Contains(visit.NodeId) && Fails(batch, visit))
            {
                absent.Add(visit.NodeId);
            }
            else if (lost.Contains(visit.NodeId) || connections.Slot(visit.NodeId).Current is null)
            {
                absent.Add(visit.NodeId);
                NoteAbsent(visit.NodeId, "it is not connected");
            }
            else if (_absent.Remove(visit.NodeId))
            {
                log.Crowd.NodeTakenInAgain(visit.NodeId);
            }
        }

        if (absent.Count == batch.Plan.Visits.Count)
        {
            log.BatchSkipped(batch);
        }

        return absent.Count == 0 ? batch : batch.Without(absent);
    }

    /// <summary>
    /// The nodes to exclude after a node was lost during a batch. If its reply was lost on purpose
    /// (<c>--availability</c>), the others planned to fail in this batch are excluded with it.
    /// </summary>
    /// <param name="e">The lost node.</param>
    /// <param name="batch">As planned.</param>
    /// <returns>The nodes excluded from the rest of the batch.</returns>
    public IEnumerable<int> Lost(NodeLostException e, VirtualBatch batch)
    {
        int[] failing = [.. batch.Plan.Visits.Where(v => Fails(batch, v)).Select(v => v.NodeId)];
        if (failing.Contains(e.NodeId))
        {
            return failing;
        }

        NoteAbsent(e.NodeId, e.Message);
        return [e.NodeId];
    }

    private VirtualBatch WithoutAway(VirtualBatch batch)
    {
        HashSet<int> away = [.. batch.Plan.Visits.Where(v => options.FateOf(batch.Epoch, batch.Index, v.NodeId).IsAway).Select(v => v.NodeId)];
        return away.Count == 0 ? batch : batch.Without(away);
    }

    private bool Fails(VirtualBatch batch, Visit visit) => options.FateOf(batch.Epoch, batch.Index, visit.NodeId).Fails;

    private void NoteAbsent(int node, string reason)
    {
        if (_absent.Add(node))
        {
            log.Crowd.NodeSkipped(node, reason);
        }
    }
}
