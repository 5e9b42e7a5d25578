using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Model;

/// <summary>
/// The tensors of one batch, allocated once per run. Each node's rows are received directly into their slice, so that
/// rows stand in plan order whatever the order of replies. There are as many first-layer gradients as concurrent
/// visits.
/// </summary>
internal sealed class BatchBuffers : IDisposable
{
    public BatchBuffers(TrainingSetup setup, int batchSize)
    {
        ScalarType type = setup.ElementType.ToScalarType();
        Activations = HostTensor.Zeros([batchSize, .. setup.Model.ShapeBehind(setup.Cut)], type);
        LogitGradients = HostTensor.Zeros([batchSize, setup.Model.ClassCount], type);
        Gradients = new TensorPool([setup.FirstParameterCount], type);
    }

    /// <summary><c>A</c>: <c>[B, …]</c>.</summary>
    public HostTensor Activations { get; }

    /// <summary><c>Λ</c> before the division by the batch's rows: <c>[B, C]</c>.</summary>
    public HostTensor LogitGradients { get; }

    /// <summary>Memory for the <c>∇_i θ_N</c> of concurrent visits: <c>[P_N]</c> each.</summary>
    public TensorPool Gradients { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Gradients.Dispose();
        ((IDisposable)Activations).Dispose();
        ((IDisposable)LogitGradients).Dispose();
    }
}
