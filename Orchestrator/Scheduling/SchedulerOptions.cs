namespace TraversalLearning.Orchestration.Scheduling;

/// <summary>In which order the nodes of a batch are visited. The result is the same.</summary>
internal enum TraversalOrder
{
    /// <summary>All at once.</summary>
    Parallel,

    /// <summary>One after the other, in plan order.</summary>
    Sequential,
}

/// <summary>How visits are carried out.</summary>
/// <param name="Order">All at once, or one after the other.</param>
/// <param name="ReconnectTimeout">For how long a lost node is waited for.</param>
/// <param name="TaskTimeout">How long one task may take a node, reply included, before its connection counts as lost.</param>
/// <param name="AllowNonFinite">Whether NaN and infinity in replies are taken.</param>
internal sealed record SchedulerOptions(TraversalOrder Order, TimeSpan ReconnectTimeout, TimeSpan TaskTimeout, bool AllowNonFinite = false);
