using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>One try of a part of a visit: which rows are expected, and what must be true of what comes.</summary>
/// <param name="step">The step.</param>
/// <param name="index">The visit's place in the plan.</param>
/// <param name="attempt">Which try.</param>
/// <param name="allowNonFinite">Whether NaN and infinity are taken.</param>
internal sealed class VisitReply(TraversalStep step, int index, int attempt, bool allowNonFinite)
{
    private long _begun = step.Clock.Now;

    public Visit Visit { get; } = step.Batch.Plan.Visits[index];

    public StepId Id { get; } = new(step.Batch.Epoch, step.Batch.Index, attempt);

    /// <summary>Rows of <c>A</c>. Where an earlier try has brought them, which may be in use by now, they are read over.</summary>
    /// <param name="known">Whether one has.</param>
    public ExpectedTensor Activations(bool known) => Rows(TensorNames.Activations, step.Buffers.Activations, known);

    /// <summary>Rows of <c>Λ</c>, as with <see cref="Activations"/>.</summary>
    public ExpectedTensor LogitGradients(bool known) => Rows(TensorNames.LogitGradients, step.Buffers.LogitGradients, known);

    /// <summary>Rows of <c>A</c> and of <c>Λ</c>, where they come together.</summary>
    public ExpectedTensor[] ForwardRows()
    {
        bool known = step.Losses.Has(index);
        return [Activations(known), LogitGradients(known)];
    }

    /// <summary>The rows of <c>A</c> and of <c>Λ</c> are there.</summary>
    /// <exception cref="ConnectionLostException">The reply is not of this step, or cannot be true.</exception>
    public void Done(ForwardResult result, ExpectedTensor[] tensors) => Done(
        WorkKind.Forward, new LossResult(result.Step, result.LossSum, result.Hits, result.ComputeMicroseconds), tensors);

    /// <summary>The rows of <c>A</c> are there.</summary>
    /// <exception cref="ConnectionLostException">The reply is not of this step.</exception>
    public void Done(ActivationResult result, ExpectedTensor[] tensors)
    {
        Check(result.Step, tensors, lossSum: 0);
        Visited(WorkKind.Forward, result.ComputeMicroseconds);
        step.Activations.Add(index, step.PartOf(index), result);
    }

    /// <summary>The rows of <c>Λ</c> are there, after those of <c>A</c> or with them.</summary>
    /// <param name="kind">What the node did for them.</param>
    /// <param name="result">What it said.</param>
    /// <param name="tensors">The rows.</param>
    /// <exception cref="ConnectionLostException">The reply is not of this step, or cannot be true.</exception>
    public void Done(WorkKind kind, LossResult result, ExpectedTensor[] tensors)
    {
        if (result.Hits > Visit.Rows)
        {
            throw new ConnectionLostException($"node {Visit.NodeId} answered {Id} with {result.Hits} hits of {Visit.Rows} rows");
        }

        Check(result.Step, tensors, result.LossSum);
        Visited(kind, result.ComputeMicroseconds);
        step.Losses.Add(index, step.PartOf(index), result);
    }

    /// <summary>The gradient is there.</summary>
    /// <exception cref="ConnectionLostException">The reply is not of this step.</exception>
    public void Done(BackwardResult result)
    {
        RequireStep(result.Step);
        Visited(WorkKind.Backward, result.ComputeMicroseconds);
    }

    /// <summary>A phase is done; if there is another one in the same reply, it has begun.</summary>
    private void Visited(WorkKind kind, int computeMicroseconds)
    {
        step.Clock.Visited(new NodeWork(Visit.NodeId, kind, Visit.Rows, _begun, computeMicroseconds));
        _begun = step.Clock.Now;
    }

    private void Check(StepId said, ExpectedTensor[] tensors, double lossSum)
    {
        RequireStep(said);
        long start = step.Clock.Now;
        if (!allowNonFinite)
        {
            FiniteReplies.Require(Visit.NodeId, Id, tensors, lossSum);
        }

        step.Clock.Codec(step.Clock.Now - start);
    }

    private void RequireStep(StepId said)
    {
        if (said != Id)
        {
            throw new ConnectionLostException($"node {Visit.NodeId} answered {Id} with {said}");
        }
    }

    private ExpectedTensor Rows(string name, HostTensor buffer, bool known) =>
        new(name, buffer.Type, [Visit.Rows, .. buffer.Shape.AsSpan(1)], known ? default : buffer.Rows(Visit.RowStart, Visit.Rows));
}
