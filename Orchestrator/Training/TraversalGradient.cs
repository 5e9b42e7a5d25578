using TraversalLearning.Models;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Planning;
using TraversalLearning.Orchestration.Scheduling;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training;

/// <summary>Traversal learning: the gradient of a virtual batch from nodes that keep their data (design section 2, steps 4 to 6).</summary>
internal sealed class TraversalGradient(
    ModelManager model, TraversalScheduler scheduler, BatchBuffers buffers, TensorEncodingOptions encoding) : IGradientSource
{
    public async Task<BatchOutcome> ComputeAsync(VirtualBatch batch, CancellationToken cancellationToken)
    {
        using EncodedTensor parameters = model.EncodeParameters(encoding);
        var step = new TraversalStep(batch, parameters, buffers);

        // 4. Forward: every node of the plan computes A_i and Λ_i for its rows.
        BatchOutcome outcome = await scheduler.ForwardAsync(step, cancellationToken);

        // 5. Central backward: Z = f_O(A), Z.backward(Λ / B) gives ∇θ_O and G.
        HostTensor activationGradients = model.CentralBackward(buffers, batch.Rows);

        // 6. First-layer gradients: every node gets its rows of G and returns ∇_i θ_N; with one phase they are here already.
        if (model.Setup.Exchange == Exchange.TwoPhase)
        {
            await scheduler.BackwardAsync(step, activationGradients, cancellationToken);
        }

        model.SumFirstLayerGradients(buffers, batch.Plan);
        return outcome;
    }
}
