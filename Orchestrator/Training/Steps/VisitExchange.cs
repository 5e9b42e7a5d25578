using System.Runtime.InteropServices;
using TraversalLearning.Data.Batches;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// The orchestrator's side of an exchange: the phases of a visit, what each waits for, and what the central pass and
/// the end of the step require.
/// </summary>
/// <param name="setup">Setup shared by all parties.</param>
/// <param name="allowNonFinite">Whether NaN and infinity in replies are accepted.</param>
/// <param name="encoding">Encoding of outgoing tensors.</param>
/// <param name="log">The run's log.</param>
internal abstract class VisitExchange(TrainingSetup setup, bool allowNonFinite, TensorEncodingOptions encoding, OrchestratorLog log)
{
    /// <summary>Creates the exchange of a setup.</summary>
    public static VisitExchange Of(TrainingSetup setup, bool allowNonFinite, TensorEncodingOptions encoding, OrchestratorLog log) => setup.Exchange switch
    {
        Exchange.TwoPhase => new TwoPhaseVisits(setup, allowNonFinite, encoding, log),
        Exchange.OnePhase => new OnePhaseVisits(setup, allowNonFinite, encoding, log),
        Exchange.Relay => new RelayVisits(setup, allowNonFinite, encoding, log),
        var other => throw new NotSupportedException($"the orchestrator has no part in the exchange {other}"),
    };

    /// <summary>
    /// The phases of a step's visits, in order. The first phase starts the step on a node; the last returns <c>∇_i
    /// θ_N</c>.
    /// </summary>
    public abstract IReadOnlyList<VisitPhase> PhasesOf(TraversalStep step);

    /// <summary>
    /// Waits for the rows of a micro-batch's central forward pass: those of <c>A</c>, and those of <c>Λ</c> if they
    /// arrive together.
    /// </summary>
    public abstract Task ForwardAsync(TraversalStep step, MicroBatch part);

    /// <summary>
    /// Waits for the rows of a micro-batch's central backward pass that <see cref="ForwardAsync"/> did not wait for:
    /// those of <c>Λ</c>.
    /// </summary>
    /// <param name="step">The step.</param>
    /// <param name="part">The micro-batch.</param>
    /// <param name="pass">Its central forward pass.</param>
    public virtual Task LossAsync(TraversalStep step, MicroBatch part, CentralPass pass) => Task.CompletedTask;

    /// <summary>Waits for the end of the step: all losses, and the sum of the first-layer gradients.</summary>
    public virtual async Task<BatchOutcome> BackwardAsync(TraversalStep step)
    {
        await step.WaitAsync(step.Visits);
        step.ThrowIfFailed();
        return new BatchOutcome(step.Losses.All.Sum(l => l.LossSum), step.Losses.All.Sum(l => l.Hits), step.Batch.Rows);
    }

    /// <summary>Requests the forward pass alone, for a node that no longer holds it.</summary>
    protected abstract Task AskForwardAsync(TraversalStep step, int visit, NodeLink link, int attempt, CancellationToken cancellationToken);

    /// <summary>The first-layer backward pass: sends rows of <c>G</c> and receives <c>∇_i θ_N</c>.</summary>
    protected async Task AskBackwardAsync(TraversalStep step, int visit, NodeLink link, int attempt, CancellationToken cancellationToken)
    {
        VisitReply reply = NewReply(step, visit, attempt);
        using EncodedTensor rows = await EncodeRowsAsync(TensorNames.ActivationGradients, step.ActivationGradients, step, visit);
        ExpectedTensor[] expected = [ParameterGradients(step, visit)];
        BackwardResult result = await WithForwardAsync(
            () => link.RequestAsync<Backward, BackwardResult>(new Backward(reply.Id), new[] { rows }, expected, cancellationToken),
            step, visit, link, attempt, cancellationToken);
        reply.Done(result);
    }

    /// <summary>
    /// Sends a request that depends on the forward pass. A node that was restarted in between repeats the forward pass
    /// first: the same θ and rows give the same activations.
    /// </summary>
    protected async Task<T> WithForwardAsync<T>(
        Func<Task<T>> requestAsync, TraversalStep step, int visit, NodeLink link, int attempt, CancellationToken cancellationToken)
    {
        try
        {
            return await requestAsync();
        }
        catch (TaskFailedException e) when (string.Equals(e.Code, TaskFailureCodes.NoForward, StringComparison.Ordinal))
        {
            log.Crowd.ForwardRepeated(link.NodeId, new StepId(step.Batch.Epoch, step.Batch.Index, attempt));
            await AskForwardAsync(step, visit, link, attempt, cancellationToken);
            return await requestAsync();
        }
    }

    /// <summary>Creates the reply of one attempt at a part of a visit.</summary>
    protected VisitReply NewReply(TraversalStep step, int visit, int attempt) => new(step, visit, attempt, allowNonFinite);

    /// <summary>The buffer that receives <c>∇_i θ_N</c>.</summary>
    protected ExpectedTensor ParameterGradients(TraversalStep step, int visit)
    {
        HostTensor destination = step.Gradients.BufferOf(visit);
        return new ExpectedTensor(TensorNames.ParameterGradients, setup.ElementType, destination.Shape, destination.Memory);
    }

    /// <summary>Encodes a visit's sample indices.</summary>
    protected EncodedTensor EncodeIndices(Visit visit)
    {
        byte[] bytes = new byte[visit.Rows * sizeof(int)];
        visit.Indices.AsSpan().CopyTo(MemoryMarshal.Cast<byte, int>(bytes.AsSpan()));
        return EncodedTensor.Encode(TensorNames.Indices, ElementType.Int32, [visit.Rows], bytes, encoding);
    }

    /// <summary>Encodes a visit's rows of the central pass's result, once available.</summary>
    protected async Task<EncodedTensor> EncodeRowsAsync(string name, CentralRows central, TraversalStep step, int visit)
    {
        MicroBatch part = step.PartOf(visit);
        HostTensor rows = await central.Of(part);
        long began = step.Clock.Now;
        Visit which = step.Batch.Plan.Visits[visit];
        var encoded = EncodedTensor.Encode(
            name, setup.ElementType, [which.Rows, .. rows.Shape.AsSpan(1)], rows.Rows(which.RowStart - part.RowStart, which.Rows), encoding);
        step.Clock.Codec(step.Clock.Now - began);
        return encoded;
    }
}
