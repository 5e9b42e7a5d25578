using System.Runtime.InteropServices;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>What is asked of a node in a visit: one try each, over one connection. What a lost one means is for the scheduler to say.</summary>
internal sealed class VisitTasks(TrainingSetup setup, bool allowNonFinite, TensorEncodingOptions encoding, OrchestratorLog log)
{
    /// <summary>The forward pass: rows of <c>A</c> and <c>Λ</c>.</summary>
    public async Task ForwardAsync(TraversalStep step, int index, NodeLink link, int attempt, CancellationToken cancellationToken)
    {
        var reply = new VisitReply(step, index, attempt, allowNonFinite);
        ExpectedTensor[] rows = ForwardRows(step, index, reply);
        using EncodedTensor indices = EncodeIndices(reply.Visit);
        ForwardResult result = await link.RequestAsync<ForwardPass, ForwardResult>(
            new ForwardPass(reply.Id, step.Batch.Rows), new[] { indices, step.Parameters }, rows, cancellationToken);
        reply.Done(WorkKind.Forward, LossOf(result), rows);
    }

    /// <summary>Both halves of a visit with one phase: rows of <c>A</c> and <c>Λ</c>, then <c>∇_i θ_N</c>.</summary>
    public async Task ForwardAndBackwardAsync(TraversalStep step, int index, NodeLink link, int attempt, CancellationToken cancellationToken)
    {
        var reply = new VisitReply(step, index, attempt, allowNonFinite);
        ExpectedTensor[] rows = ForwardRows(step, index, reply);
        using EncodedTensor indices = EncodeIndices(reply.Visit);
        reply.Done(await link.RequestAsync<ForwardPass, ForwardResult, BackwardResult>(
            new ForwardPass(reply.Id, step.Batch.Rows),
            new[] { indices, step.Parameters },
            rows,
            result => reply.Done(WorkKind.Forward, LossOf(result), rows),
            [ParameterGradients(step, index)],
            cancellationToken));
    }

    /// <summary>The forward pass with a relay: rows of <c>A</c>.</summary>
    public async Task ForwardFirstAsync(TraversalStep step, int index, NodeLink link, int attempt, CancellationToken cancellationToken)
    {
        var reply = new VisitReply(step, index, attempt, allowNonFinite);
        ExpectedTensor[] rows = [reply.Activations(known: step.Activations.Has(index))];
        using EncodedTensor indices = EncodeIndices(reply.Visit);
        reply.Done(
            await link.RequestAsync<ForwardPass, ActivationResult>(
                new ForwardPass(reply.Id, step.Batch.Rows), new[] { indices, step.Parameters }, rows, cancellationToken),
            rows);
    }

    /// <summary>The loss with a relay: rows of <c>Z</c> go out, those of <c>Λ</c> come back.</summary>
    public async Task LossAsync(TraversalStep step, int index, NodeLink link, int attempt, CancellationToken cancellationToken)
    {
        var reply = new VisitReply(step, index, attempt, allowNonFinite);
        ExpectedTensor[] rows = [reply.LogitGradients(known: step.Losses.Has(index))];
        HostTensor logits = await step.Logits.Of(step.PartOf(index));
        long start = step.Clock.Now;
        using EncodedTensor encoded = EncodeRows(TensorNames.Logits, logits, step, index);
        step.Clock.Codec(step.Clock.Now - start);
        LossResult result = await WithForwardAsync(
            () => link.RequestAsync<LossPass, LossResult>(new LossPass(reply.Id), new[] { encoded }, rows, cancellationToken),
            step, index, link, attempt, cancellationToken);
        reply.Done(WorkKind.Loss, result, rows);
    }

    /// <summary>The first-layer backward pass: rows of <c>G</c> go out, <c>∇_i θ_N</c> comes back.</summary>
    public async Task BackwardAsync(TraversalStep step, int index, NodeLink link, int attempt, CancellationToken cancellationToken)
    {
        var reply = new VisitReply(step, index, attempt, allowNonFinite);
        HostTensor activationGradients = await step.ActivationGradients.Of(step.PartOf(index));
        long start = step.Clock.Now;
        using EncodedTensor encoded = EncodeRows(TensorNames.ActivationGradients, activationGradients, step, index);
        step.Clock.Codec(step.Clock.Now - start);
        ExpectedTensor[] expected = [ParameterGradients(step, index)];
        BackwardResult result = await WithForwardAsync(
            () => link.RequestAsync<Backward, BackwardResult>(new Backward(reply.Id), new[] { encoded }, expected, cancellationToken),
            step, index, link, attempt, cancellationToken);
        reply.Done(result);
    }

    private static LossResult LossOf(ForwardResult result) => new(result.Step, result.LossSum, result.Hits, result.ComputeMicroseconds);

    private static ExpectedTensor[] ForwardRows(TraversalStep step, int index, VisitReply reply)
    {
        bool known = step.Losses.Has(index);
        return [reply.Activations(known), reply.LogitGradients(known)];
    }

    /// <summary>
    /// A request that needs the forward pass. A node that was restarted since does not hold it, and gets it again: the same θ and rows give the
    /// same activations.
    /// </summary>
    private async Task<T> WithForwardAsync<T>(
        Func<Task<T>> requestAsync, TraversalStep step, int index, NodeLink link, int attempt, CancellationToken cancellationToken)
    {
        try
        {
            return await requestAsync();
        }
        catch (TaskFailedException e) when (string.Equals(e.Code, TaskFailureCodes.NoForward, StringComparison.Ordinal))
        {
            log.Crowd.ForwardRepeated(link.NodeId, new StepId(step.Batch.Epoch, step.Batch.Index, attempt));
            await (setup.Exchange == Exchange.Relay
                ? ForwardFirstAsync(step, index, link, attempt, cancellationToken)
                : ForwardAsync(step, index, link, attempt, cancellationToken));
            return await requestAsync();
        }
    }

    private ExpectedTensor ParameterGradients(TraversalStep step, int index)
    {
        HostTensor destination = step.Gradients.BufferOf(index);
        return new ExpectedTensor(TensorNames.ParameterGradients, setup.ElementType, destination.Shape, destination.Memory);
    }

    private EncodedTensor EncodeIndices(Visit visit)
    {
        byte[] bytes = new byte[visit.Rows * sizeof(int)];
        visit.Indices.AsSpan().CopyTo(MemoryMarshal.Cast<byte, int>(bytes.AsSpan()));
        return EncodedTensor.Encode(TensorNames.Indices, ElementType.Int32, [visit.Rows], bytes, encoding);
    }

    /// <summary>A visit's rows of a tensor that has those of its micro-batch.</summary>
    private EncodedTensor EncodeRows(string name, HostTensor rows, TraversalStep step, int index)
    {
        Visit visit = step.Batch.Plan.Visits[index];
        int start = visit.RowStart - step.PartOf(index).RowStart;
        return EncodedTensor.Encode(name, setup.ElementType, [visit.Rows, .. rows.Shape.AsSpan(1)], rows.Rows(start, visit.Rows), encoding);
    }
}
