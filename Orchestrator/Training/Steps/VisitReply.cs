using TraversalLearning.Data.Batches;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Training.Steps;

/// <summary>
/// Validates the reply of one attempt at a part of a visit: the expected rows and their plausibility.
/// </summary>
/// <param name="step">The step.</param>
/// <param name="index">Index of the visit in the plan.</param>
/// <param name="attempt">Attempt number.</param>
/// <param name="allowNonFinite">Whether NaN and infinity are accepted.</param>
internal sealed class VisitReply(TraversalStep step, int index, int attempt, bool allowNonFinite)
{
    private long _begun = step.Clock.Now;

    public Visit Visit { get; } = step.Batch.Plan.Visits[index];

    public StepId Id { get; } = new(step.Batch.Epoch, step.Batch.Index, attempt);

    /// <summary>
    /// Rows of <c>A</c>. If an earlier attempt delivered them, they may be in use and the new ones are discarded.
    /// </summary>
    /// <param name="known">Whether an earlier attempt delivered them.</param>
    public ExpectedTensor Activations(bool known) => Rows(TensorNames.Activations, step.Buffers.Activations, known);

    /// <summary>Rows of <c>Λ</c>, as with <see cref="Activations"/>.</summary>
    public ExpectedTensor LogitGradients(bool known) => Rows(TensorNames.LogitGradients, step.Buffers.LogitGradients, known);

    /// <summary>Rows of <c>A</c> and <c>Λ</c> in one reply.</summary>
    public ExpectedTensor[] ForwardRows()
    {
        bool known = step.Losses.Has(index);
        return [Activations(known), LogitGradients(known)];
    }

    /// <summary>Records the rows of <c>A</c> and <c>Λ</c>.</summary>
    /// <exception cref="ConnectionLostException">The reply belongs to another step or is implausible.</exception>
    public void Done(ForwardResult result, ExpectedTensor[] tensors) => Done(
        WorkKind.Forward, new LossResult(result.Step, result.LossSum, result.Hits, result.ComputeMicroseconds), tensors);

    /// <summary>Records the rows of <c>A</c>.</summary>
    /// <exception cref="ConnectionLostException">The reply belongs to another step.</exception>
    public void Done(ActivationResult result, ExpectedTensor[] tensors)
    {
        Check(result.Step, tensors, lossSum: 0);
        Visited(WorkKind.Forward, result.ComputeMicroseconds);
        step.Activations.Add(index, step.PartOf(index), result);
    }

    /// <summary>Records the rows of <c>Λ</c>, which arrive after those of <c>A</c> or with them.</summary>
    /// <param name="kind">The node's work that produced them.</param>
    /// <param name="result">The reply message.</param>
    /// <param name="tensors">The rows.</param>
    /// <exception cref="ConnectionLostException">The reply belongs to another step or is implausible.</exception>
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

    /// <summary>Records the gradient.</summary>
    /// <exception cref="ConnectionLostException">The reply belongs to another step.</exception>
    public void Done(BackwardResult result)
    {
        RequireStep(result.Step);
        Visited(WorkKind.Backward, result.ComputeMicroseconds);
    }

    /// <summary>Records a completed phase; a further phase in the same reply starts now.</summary>
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
