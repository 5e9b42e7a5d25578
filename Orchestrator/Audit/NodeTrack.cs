using TorchSharp;
using TraversalLearning.Data.Batches;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.Orchestration.Audit.Attacks;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>With the blind exchange: what a node knows of θ and of the sums, which no message shows.</summary>
internal sealed class NodeTrack
{
    private readonly List<SummedGradient> _gradients = [];
    private double[]? _last;

    /// <summary>Begins to look at a node's θ.</summary>
    /// <param name="replica">The node's.</param>
    /// <param name="planner">Plans the batches.</param>
    /// <param name="plan">Says which steps are audited.</param>
    public NodeTrack(BlindReplica replica, VirtualBatchPlanner planner, RecordingPlan plan) => replica.Summed = step =>
    {
        _last = ToDoubles(replica.Parameters.Values);
        if (plan.IsAudited(step))
        {
            int rows = planner.Batch(step.Epoch, step.Batch).Rows;
            _gradients.Add(new SummedGradient(step with { Attempt = 0 }, _last, ToDoubles(replica.Parameters.Gradient), rows, rows));
        }
    };

    /// <summary>The gradients of the audited steps, and the last θ.</summary>
    public KnownState Known => new(_gradients, _last);

    private static double[] ToDoubles(Tensor values)
    {
        using DisposeScope scope = NewDisposeScope();
        return values.detach().cpu().to(ScalarType.Float64).data<double>().ToArray();
    }
}
