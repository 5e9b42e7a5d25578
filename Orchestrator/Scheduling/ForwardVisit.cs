using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Planning;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;

namespace TraversalLearning.Orchestration.Scheduling;

/// <summary>One try of a visit's forward pass: what is asked, where the answer goes, and what must be true of it.</summary>
internal sealed class ForwardVisit
{
    private readonly TraversalStep _step;
    private readonly int _index;
    private readonly bool _allowNonFinite;

    public ForwardVisit(TraversalStep step, int index, int attempt, TrainingSetup setup, bool allowNonFinite)
    {
        _step = step;
        _index = index;
        _allowNonFinite = allowNonFinite;
        Visit = step.Batch.Plan.Visits[index];
        Request = new ForwardPass(new StepId(step.Batch.Epoch, step.Batch.Index, attempt), step.Batch.Rows);
        BatchBuffers buffers = step.Buffers;
        bool known = step.Forward.Has(index);
        Expected =
        [
            new(
                TensorNames.Activations,
                setup.ElementType,
                [Visit.Rows, .. buffers.CutShape],
                known ? default : buffers.Activations.Rows(Visit.RowStart, Visit.Rows)),
            new(
                TensorNames.LogitGradients,
                setup.ElementType,
                [Visit.Rows, setup.Model.ClassCount],
                known ? default : buffers.LogitGradients.Rows(Visit.RowStart, Visit.Rows)),
        ];
    }

    public Visit Visit { get; }

    public ForwardPass Request { get; }

    /// <summary>The tensors of the reply. Where an earlier try has brought them, which may be in use by now, they are read over.</summary>
    public ExpectedTensor[] Expected { get; }

    /// <summary>The reply is there.</summary>
    /// <exception cref="ConnectionLostException">It is not of this step, or cannot be true.</exception>
    public void Done(ForwardResult result)
    {
        StepId id = Request.Step;
        if (result.Step != id || result.Hits > Visit.Rows)
        {
            throw new ConnectionLostException($"node {Visit.NodeId} answered {id} with {result.Step} and {result.Hits} hits of {Visit.Rows} rows");
        }

        long start = _step.Clock.Now;
        if (!_allowNonFinite)
        {
            FiniteReplies.Require(Visit.NodeId, id, Expected, result.LossSum);
        }

        _step.Clock.Codec(_step.Clock.Now - start);
        _step.Clock.Visited(result.ComputeMicroseconds);
        _step.Forward.Add(_index, result);
    }
}
