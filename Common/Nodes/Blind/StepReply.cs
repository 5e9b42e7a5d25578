namespace TraversalLearning.Nodes.Blind;

/// <summary>A node's masked part of a step.</summary>
/// <param name="Sum">Its integers; <see langword="null"/> if it has no rows in the step.</param>
/// <param name="Figures">Its loss and hits.</param>
/// <param name="Rows">Its rows in the step.</param>
internal sealed record StepReply(byte[]? Sum, long[]? Figures, int Rows)
{
    /// <summary>The reply of a node without rows in the step.</summary>
    public static StepReply Idle { get; } = new(null, null, 0);
}

/// <summary>What a masked part depends on, besides the step and its attempt.</summary>
/// <param name="Participants">The nodes in it.</param>
/// <param name="Headroom">Bits of headroom of each parameter tensor.</param>
internal sealed record StepRequest(string Participants, string Headroom);
