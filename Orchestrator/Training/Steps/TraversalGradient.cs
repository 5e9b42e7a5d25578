using TraversalLearning.Data.Batches;
using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// Traversal learning: the gradient of a virtual batch from nodes that keep their data (design section 2, steps 4 to
/// 6).
/// </summary>
/// <param name="model">The global model.</param>
/// <param name="scheduler">Visits the nodes.</param>
/// <param name="exchange">The requests of a visit, and the replies that the central pass waits for.</param>
/// <param name="buffers">Receive replies.</param>
/// <param name="encoding">Encoding of outgoing θ.</param>
/// <param name="attendance">Determines the present nodes when lost nodes are skipped; <see langword="null"/> if a lost
/// node ends the step.</param>
/// <param name="sizes">The batch sizes that the layers accept.</param>
/// <param name="log">The run's log.</param>
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
    /// A step that loses a node is repeated without it as a smaller batch, where lost nodes are skipped. The gradient
    /// is exactly that of the mean over the remaining rows, whatever the lost node had already sent.
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

            // 5. Central backward: Z = f_O(A), and Z.backward(Λ / B) gives ∇θ_O, summed over the micro-batches, and
            // (except with one phase) their rows of G. With a relay, Λ is not known yet: the nodes compute it from
            // their rows of Z.
            using CentralPass pass = model.CentralForward(buffers, part);
            await exchange.LossAsync(step, part, pass);
            HostTensor? activationGradients = model.CentralBackward(pass, buffers, batch.Rows);
            Clock.Lap(StepPart.OrchestratorCompute);
            if (activationGradients is not null)
            {
                step.ActivationGradients.Offer(part, activationGradients);
            }
        }

        // 6. First-layer gradients: each node returns ∇_i θ_N once it has its rows of G, and they are summed as they
        // arrive. With one phase the nodes have been computing them since their forward pass.
        return await exchange.BackwardAsync(step);
    }
}
