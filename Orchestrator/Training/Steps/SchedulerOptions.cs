using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Options.Topologies;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>Scheduling of visits and other tasks.</summary>
/// <param name="Order">Concurrent or sequential visits.</param>
/// <param name="ReconnectTimeout">How long to wait for a lost node, where lost nodes are waited for.</param>
/// <param name="TaskTimeout">Time limit of one task, reply included, after which its connection counts as lost.</param>
/// <param name="AllowNonFinite">Whether NaN and infinity in replies are accepted.</param>
internal sealed record SchedulerOptions(TraversalOrder Order, TimeSpan ReconnectTimeout, TimeSpan TaskTimeout, bool AllowNonFinite = false)
{
    /// <summary>The simulated absences and failures; <see langword="null"/> for real ones only.</summary>
    public Availability? Availability { get; init; }

    /// <summary>How the loss of a node is handled.</summary>
    public OnNodeLoss OnNodeLoss { get; init; }

    /// <summary>Number of concurrent visits; 0 for <see cref="VisitWindow.Of"/>.</summary>
    public int VisitsAtOnce { get; init; }

    /// <summary>The simulated fate of a node in a round; real failures come on top.</summary>
    public NodeFate FateOf(int epoch, int round, int node) => Availability?.Of(epoch, round, node) ?? default;

    /// <summary>The scheduling of a run.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="microBatchRows">As <see cref="MicroBatchRows"/>.</param>
    public static SchedulerOptions Of(RunOptions options, int microBatchRows) =>
        new(options.Traversal, options.ReconnectTimeout, options.TaskTimeout, options.AllowNonFinite)
        {
            Availability = options.Availability,
            OnNodeLoss = options.OnNodeLoss,
            VisitsAtOnce = options.VisitsAtOnce,
            MicroBatchRows = microBatchRows,
        };

    /// <summary>Number of nodes asked concurrently.</summary>
    public int NodesAtOnce(TrainingSetup setup) => Order == TraversalOrder.Sequential ? 1 : VisitsAtOnce > 0 ? VisitsAtOnce : VisitWindow.Of(setup);

    /// <summary>Minimum rows of a micro-batch of the central backward pass; 0 for the whole batch.</summary>
    public int MicroBatchRows { get; init; } = RunOptions.DefaultMicroBatchRows;
}
