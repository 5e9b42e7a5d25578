using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;

namespace TraversalLearning.Nodes;

/// <summary>
/// What a node's own training gave, apart from what it was computed with: another node of the process may train while this goes out. Disposing it
/// lets go of it.
/// </summary>
/// <param name="Outcome">Loss and hits.</param>
/// <param name="Parameters">θ_i: <c>[P]</c>.</param>
/// <param name="Buffers">The model's buffers: <c>[Q]</c>.</param>
internal sealed record LocalOutput(LocalOutcome Outcome, HostTensor Parameters, HostTensor Buffers) : IDisposable
{
    /// <summary>Copies it out of a trainer.</summary>
    public static LocalOutput Copy(LocalOutcome outcome, LocalTrainer trainer)
    {
        var parameters = HostTensor.Zeros([trainer.ParameterCount], trainer.Buffers.Tensor.dtype);
        trainer.ValueBytes.CopyTo(parameters.Memory);
        return new LocalOutput(outcome, parameters, new HostTensor(trainer.Buffers.Tensor.clone()));
    }

    /// <summary>What is said of it.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="sampleCount">Of the node.</param>
    /// <param name="microseconds">How long it took.</param>
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
