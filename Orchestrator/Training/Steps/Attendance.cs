using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Training.Planning;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// Who takes part in a batch where lost nodes are skipped. The plan keeps their samples; each batch is cut down to the nodes that are there,
/// so that one that returns is in the next.
/// </summary>
internal sealed class Attendance(ConnectionManager connections, SchedulerOptions options, OrchestratorLog log)
{
    private readonly HashSet<int> _absent = [];

    /// <summary>The batch without the rows of nodes that are not there; it may have none left.</summary>
    /// <param name="batch">As planned.</param>
    /// <param name="lost">Nodes that were lost in this batch: they do not come back before the next, so that trying has an end.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="NodeLostException">No node at all is there, and none came in time: there is nothing to go on with.</exception>
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

    /// <summary>A node was lost in the middle of a batch; where its answer was to be lost, so were those of the others that are to fail in it.</summary>
    /// <param name="e">Which node.</param>
    /// <param name="batch">As planned.</param>
    /// <returns>The nodes that take no more part in the batch.</returns>
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
