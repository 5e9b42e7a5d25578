using TraversalLearning.Models.Layers;
using TraversalLearning.Orchestration.Training.Planning;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.Model;

/// <summary>
/// The central forward pass of a micro-batch, with the tensors needed by its backward pass. Disposing it releases them.
/// </summary>
/// <param name="Part">The micro-batch.</param>
/// <param name="Activations"><c>A</c>: <c>[rows, …]</c>, a leaf.</param>
/// <param name="Logits"><c>Z = f_O(A)</c>: <c>[rows, C]</c>.</param>
internal sealed record CentralPass(MicroBatch Part, Tensor Activations, Tensor Logits) : IDisposable
{
    private HostTensor? _onHost;

    /// <summary>Z on the CPU, valid until this is disposed: <c>[rows, C]</c>.</summary>
    public HostTensor LogitsOnHost() => _onHost ??= HostTensor.Of(Logits);

    /// <inheritdoc/>
    public void Dispose()
    {
        ((IDisposable?)_onHost)?.Dispose();
        Activations.Dispose();
        Logits.Dispose();
    }
}
