using TraversalLearning.Messages;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>The gradient of all θ of a whole batch, or of several nodes' rows of it.</summary>
/// <param name="Step">Which step.</param>
/// <param name="Parameters">θ before the step, flat.</param>
/// <param name="Gradient">∂L/∂θ of the batch's mean loss, flat: the sum over the rows divided by <paramref name="BatchRows"/>.</param>
/// <param name="BatchRows">Rows of the whole batch, <c>B</c>.</param>
/// <param name="Rows">Rows that the sum is over.</param>
internal sealed record SummedGradient(StepId Step, double[] Parameters, double[] Gradient, int BatchRows, int Rows)
{
    /// <summary>The nodes whose rows it is the sum of; empty for all that the batch visits.</summary>
    public IReadOnlyList<int> Nodes { get; init; } = [];
}
