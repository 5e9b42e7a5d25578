using TraversalLearning.Orchestration.Planning;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Scheduling;

/// <summary>What the visits of one step share.</summary>
/// <param name="Batch">Which samples, where.</param>
/// <param name="Parameters">θ, encoded once for all nodes; its bytes do not change before the step's update.</param>
/// <param name="Buffers">Where replies go.</param>
/// <param name="Gradients">Where first-layer gradients go.</param>
/// <param name="Clock">Told where the time goes.</param>
internal sealed record TraversalStep(VirtualBatch Batch, EncodedTensor Parameters, BatchBuffers Buffers, GradientSum Gradients, StepClock Clock);

/// <summary>What a batch's forward passes gave, summed in plan order.</summary>
/// <param name="LossSum">Sum of the loss over the rows.</param>
/// <param name="Hits">Rows whose largest logit is the label's.</param>
/// <param name="Rows">Number of rows.</param>
internal readonly record struct BatchOutcome(double LossSum, int Hits, int Rows);
