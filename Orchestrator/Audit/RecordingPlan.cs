using TraversalLearning.Data.Batches;
using TraversalLearning.Messages;
using TraversalLearning.Orchestration.Audit.Attacks;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>Which steps a run has, and what is recorded of them: everything of audited steps, and of later visits to a few samples what shows in their activations.</summary>
internal sealed class RecordingPlan
{
    private readonly HashSet<StepId> _audited;
    private readonly HashSet<(StepId Step, int NodeId)> _followed = [];

    /// <summary>Plans the recording of a run.</summary>
    /// <param name="planner">Plans its batches.</param>
    /// <param name="steps">The audited steps, as numbers from 0.</param>
    /// <param name="visits">How often some samples are to be visited, once an epoch; 0 for no matter.</param>
    public RecordingPlan(VirtualBatchPlanner planner, IReadOnlyList<int> steps, int visits)
    {
        Batches = [.. steps.Select(step => planner.Batch(1 + (step / planner.BatchesPerEpoch), step % planner.BatchesPerEpoch))];
        Steps = [.. Batches.Select(IdOf)];
        _audited = [.. Steps];
        int last = steps[^1];
        if (visits > 0)
        {
            SampleRow[] first = RowsOf(planner.Batch(1, 0));
            SampleRow[] followed = [.. first.Where((_, i) => i % Math.Max(first.Length / ActivationsOverEpochs.Samples, 1) == 0).Take(ActivationsOverEpochs.Samples)];
            foreach (VirtualBatch batch in Enumerable.Range(1, visits).SelectMany(planner.Epoch))
            {
                foreach (SampleRow row in RowsOf(batch).Intersect(followed))
                {
                    _followed.Add((IdOf(batch), row.NodeId));
                    last = Math.Max(last, ((batch.Epoch - 1) * planner.BatchesPerEpoch) + batch.Index);
                }
            }
        }

        // One more: it shows θ after the last audited step.
        StepCount = last + 2;
    }

    /// <summary>The audited steps.</summary>
    public IReadOnlyList<StepId> Steps { get; }

    /// <summary>Their batches.</summary>
    public IReadOnlyList<VirtualBatch> Batches { get; }

    /// <summary>Steps to train.</summary>
    public int StepCount { get; }

    /// <summary>The samples of a batch, in row order.</summary>
    public static SampleRow[] RowsOf(VirtualBatch batch) => [.. batch.Plan.Visits.SelectMany(v => v.Indices.Select(i => new SampleRow(v.NodeId, i)))];

    /// <summary>The id of a batch's step in messages.</summary>
    public static StepId IdOf(VirtualBatch batch) => new(batch.Epoch, batch.Index, Attempt: 0);

    /// <summary>Whether a step is audited.</summary>
    public bool IsAudited(StepId step) => _audited.Contains(step with { Attempt = 0 });

    /// <summary>Whether a tensor of a frame is recorded.</summary>
    public bool Keeps(StepId step, int nodeId, string tensor) => IsAudited(step)
        || (tensor is TensorNames.Indices or TensorNames.Parameters or TensorNames.Activations && _followed.Contains((step with { Attempt = 0 }, nodeId)));
}
