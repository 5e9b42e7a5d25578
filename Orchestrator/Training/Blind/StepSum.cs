using TraversalLearning.Data.Batches;
using TraversalLearning.Messages;

namespace TraversalLearning.Orchestration.Training.Blind;

/// <summary>The sum of a step, which nodes add to θ with their next request.</summary>
/// <param name="Step">The step and the attempt at which it was made.</param>
/// <param name="Batch">The rows in it.</param>
/// <param name="Headroom">The headroom that it was made with.</param>
/// <param name="Words">The integers, under the run's mask.</param>
/// <param name="LossSum">Sum of the loss over the rows.</param>
/// <param name="Hits">Rows classified correctly.</param>
internal sealed record StepSum(StepId Step, VirtualBatch Batch, int[] Headroom, byte[] Words, double LossSum, int Hits);
