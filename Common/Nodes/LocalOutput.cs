using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;

namespace TraversalLearning.Nodes;

/// <summary>
/// Result of a node's local training, copied out of the trainer so that another node of the process can train while it is
/// being sent. Disposing it frees its tensors.
/// </summary>
/// <param name="Outcome">Loss and hits.</param>
/// <param name="Parameters">θ_i: <c>[P]</c>.</param>
/// <param name="Buffers">The model's buffers: <c>[Q]</c>.</param>
internal sealed record LocalOutput(LocalOutcome Outcome, HostTensor Parameters, HostTensor Buffers) : IDisposable
{
    /// <summary>Copies the result out of a trainer.</summary>
    public static LocalOutput Copy(LocalOutcome outcome, LocalTrainer trainer)
    {
        var parameters = HostTensor.Zeros([trainer.ParameterCount], trainer.Buffers.Tensor.dtype);
        trainer.ValueBytes.CopyTo(parameters.Memory);
        return new LocalOutput(outcome, parameters, new HostTensor(trainer.Buffers.Tensor.clone()));
    }

    /// <summary>The result's message.</summary>
    /// <param name="request">The request.</param>
    /// <param name="sampleCount">Number of the node's samples.</param>
    /// <param name="microseconds">Computation time.</param>
    public LocalResult ToResult(LocalTraining request, int sampleCount, int microseconds) => new(request.Step, Outcome.LossSum, Outcome.Hits, microseconds)
    {
        Rows = request.DropsLast ? request.RowsOf(sampleCount) : null,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        ((IDisposable)Parameters).Dispose();
        ((IDisposable)Buffers).Dispose();
    }
}
