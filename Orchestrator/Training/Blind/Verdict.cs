namespace TraversalLearning.Orchestration.Training.Blind;

/// <summary>What became of a request to several nodes; of several answers the last in this order counts.</summary>
internal enum Verdict
{
    /// <summary>Every node has done it.</summary>
    Done,

    /// <summary>A node's value is larger than the scale of the sum: the step is done again with more headroom for its tensor.</summary>
    Range,

    /// <summary>The sum that came with the request has too few bits: its step is done again on a finer scale.</summary>
    Coarse,

    /// <summary>Outside a step, where lost nodes are skipped: a node was lost, and those that are left are asked again.</summary>
    Lost,

    /// <summary>A node holds no model, or no keys, of this run: it gets them from the others.</summary>
    NoState,
}
