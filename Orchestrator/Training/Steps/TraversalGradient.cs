using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>Traversal learning: the gradient of a virtual batch from nodes that keep their data (design section 2, steps 4 to 6).</summary>
/// <param name="model">The global model.</param>
/// <param name="scheduler">Visits the nodes.</param>
/// <param name="exchange">What is asked of them, and what the central pass waits for.</param>
/// <param name="buffers">Where replies go.</param>
/// <param name="encoding">How θ goes out.</param>
/// <param name="attendance">Where lost nodes are skipped: who is there. <see langword="null"/> if a lost node ends the step.</param>
/// <param name="sizes">What of a batch its layers take.</param>
/// <param name="log">Told of what is left out.</param>
internal sealed class TraversalGradient(
    ModelManager model,
    TraversalScheduler scheduler,
    VisitExchange exchange,
    BatchBuffers buffers,
    TensorEncodingOptions encoding,
    Attendance? attendance,
    BatchSizes sizes,
    OrchestratorLog log) : IGradientSource
{
    /// <inheritdoc/>
    public StepClock Clock { get; } = new();

    /// <inheritdoc/>
    /// <remarks>
    /// A step that loses a node which is to be skipped is done anew without it, as a smaller batch: the gradient is that of the mean over the
    /// rows that are there, exactly, whatever the node had sent before.
    /// </remarks>
    public async Task<BatchOutcome> ComputeAsync(VirtualBatch batch, CancellationToken cancellationToken)
    {
        if (attendance is null)
        {
            batch = sizes.Usable(batch, log);
            return batch.Rows == 0 ? default : await StepAsync(batch, cancellationToken);
        }

        var lost = new HashSet<int>();
        while (true)
        {
            VirtualBatch present = sizes.Usable(await attendance.PresentAsync(batch, lost, cancellationToken), log);
            if (present.Rows == 0)
            {
                return default;
            }

            try
            {
                return await StepAsync(present, cancellationToken);
            }
            catch (NodeLostException e)
            {
                lost.UnionWith(attendance.Lost(e, batch));
            }
        }
    }

    private async Task<BatchOutcome> StepAsync(VirtualBatch batch, CancellationToken cancellationToken)
    {
        Clock.Lap(StepPart.Other);
        using EncodedTensor parameters = model.EncodeParameters(encoding);
        Clock.Lap(StepPart.Codec);
        using GradientSum gradients = scheduler.NewSum(batch, buffers, model.FirstLayerGradient());
        await using TraversalStep step = scheduler.NewStep(batch, parameters, buffers, gradients, Clock, cancellationToken);

        // 4. Forward: every node of the plan computes A_i and Λ_i for its rows.
        scheduler.Begin(step, exchange.PhasesOf(step));
        foreach (MicroBatch part in step.MicroBatches)
        {
            await exchange.ForwardAsync(step, part);

            // 5. Central backward: Z = f_O(A), Z.backward(Λ / B) gives ∇θ_O, summed over the micro-batches, and but for one phase their rows of
            // G. With a relay Λ is not there yet: the nodes make it of their rows of Z.
            using CentralPass pass = model.CentralForward(buffers, part);
            await exchange.LossAsync(step, part, pass);
            HostTensor? activationGradients = model.CentralBackward(pass, buffers, batch.Rows);
            Clock.Lap(StepPart.OrchestratorCompute);
            if (activationGradients is not null)
            {
                step.ActivationGradients.Offer(part, activationGradients);
            }
        }

        // 6. First-layer gradients: every node that has its rows of G returns ∇_i θ_N, which are summed as they come; with one phase the nodes
        // have been at it since their forward pass.
        return await exchange.BackwardAsync(step);
    }
}
