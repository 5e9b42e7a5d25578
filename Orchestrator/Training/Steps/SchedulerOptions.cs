using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Options.Topologies;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>How visits are carried out.</summary>
/// <param name="Order">All at once, or one after the other.</param>
/// <param name="ReconnectTimeout">For how long a lost node is waited for, where it is.</param>
/// <param name="TaskTimeout">How long one task may take a node, reply included, before its connection counts as lost.</param>
/// <param name="AllowNonFinite">Whether NaN and infinity in replies are taken.</param>
internal sealed record SchedulerOptions(TraversalOrder Order, TimeSpan ReconnectTimeout, TimeSpan TaskTimeout, bool AllowNonFinite = false)
{
    // However large the model.
    private const int MinVisits = 16;
    private const long VisitBytes = 256 << 20;

    /// <summary>Which nodes are away in a round, or fail; <see langword="null"/> for those that really do.</summary>
    public Availability? Availability { get; init; }

    /// <summary>What becomes of the run when a node is lost.</summary>
    public OnNodeLoss OnNodeLoss { get; init; }

    /// <summary>How many visits are under way at once; 0 for as many as fit into 256 MB.</summary>
    public int VisitsAtOnce { get; init; }

    /// <summary>What becomes of a node in a round, but for what really does.</summary>
    public NodeFate FateOf(int epoch, int round, int node) => Availability?.Of(epoch, round, node) ?? default;

    /// <summary>As a run was told.</summary>
    /// <param name="options">Of the run.</param>
    /// <param name="microBatchRows">As <see cref="MicroBatchRows"/>.</param>
    public static SchedulerOptions Of(RunOptions options, int microBatchRows) =>
        new(options.Traversal, options.ReconnectTimeout, options.TaskTimeout, options.AllowNonFinite)
        {
            Availability = options.Availability,
            OnNodeLoss = options.OnNodeLoss,
            VisitsAtOnce = options.VisitsAtOnce,
            MicroBatchRows = microBatchRows,
        };

    /// <summary>From how many rows on the central backward pass begins; 0 for all of the batch.</summary>
    public int MicroBatchRows { get; init; } = RunOptions.DefaultMicroBatchRows;

    /// <summary>
    /// How many nodes are asked at once. Each visit has a θ on its way out, in the sockets' buffers, and room for a gradient on its way in; with a
    /// thousand nodes both are to stay within bounds, and a few dozen visits keep any link busy.
    /// </summary>
    public int NodesAtOnce(TrainingSetup setup)
    {
        if (Order == TraversalOrder.Sequential)
        {
            return 1;
        }

        long perVisit = (setup.NodeParameterCount + setup.FirstParameterCount) * setup.ElementType.Size();
        return VisitsAtOnce > 0 ? VisitsAtOnce : (int)Math.Clamp(VisitBytes / perVisit, MinVisits, int.MaxValue);
    }
}
