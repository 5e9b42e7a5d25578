using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Training.Planning;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>What the central pass gives back to the nodes of a step, one micro-batch after the other: <c>[rows, …]</c> each, valid until the step ends.</summary>
/// <param name="parts">How many micro-batches there are.</param>
internal sealed class CentralRows(int parts)
{
    // What waits for one goes on where it is offered: the first rows are on their way before the next micro-batch is computed.
    private readonly TaskCompletionSource<HostTensor>[] _rows = [.. Enumerable.Range(0, parts).Select(_ => new TaskCompletionSource<HostTensor>())];

    /// <summary>Those of a micro-batch, once they are there.</summary>
    public Task<HostTensor> Of(MicroBatch part) => _rows[part.Index].Task;

    /// <summary>Those of a micro-batch are there.</summary>
    public void Offer(MicroBatch part, HostTensor rows) => _rows[part.Index].SetResult(rows);
}
