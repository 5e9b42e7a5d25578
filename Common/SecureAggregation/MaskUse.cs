namespace TraversalLearning.SecureAggregation;

/// <summary>What a vector of a step is. Each has masks of its own; the numbers are the protocol's.</summary>
public enum MaskUse : byte
{
    /// <summary>The gradient's integers.</summary>
    Gradient = 1,

    /// <summary>Sums of loss and hits of a training step.</summary>
    Step = 2,

    /// <summary>Sums of an evaluation.</summary>
    Evaluation = 3,
}
