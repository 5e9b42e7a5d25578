using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Training.Planning;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// The results of the central pass for the nodes of a step, one micro-batch at a time: <c>[rows, …]</c> each, valid
/// until the step ends.
/// </summary>
/// <param name="parts">Number of micro-batches.</param>
internal sealed class CentralRows(int parts)
{
    // Continuations run inside Offer: the first rows are sent before the next micro-batch is computed.
    private readonly TaskCompletionSource<HostTensor>[] _rows = [.. Enumerable.Range(0, parts).Select(_ => new TaskCompletionSource<HostTensor>())];

    /// <summary>The rows of a micro-batch, once available.</summary>
    public Task<HostTensor> Of(MicroBatch part) => _rows[part.Index].Task;

    /// <summary>Provides the rows of a micro-batch.</summary>
    public void Offer(MicroBatch part, HostTensor rows) => _rows[part.Index].SetResult(rows);
}
