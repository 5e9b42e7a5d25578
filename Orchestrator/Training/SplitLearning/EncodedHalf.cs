using TraversalLearning.Models.Layers;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.SplitLearning;

/// <summary>θ_N, and the buffers of <c>f_N</c> if any, as sent to nodes at the start of their turns.</summary>
internal sealed class EncodedHalf : IDisposable
{
    /// <summary>Encodes the half that nodes hold.</summary>
    /// <param name="parameters">θ: <c>[P]</c>.</param>
    /// <param name="buffers">All buffers: <c>[Q]</c>.</param>
    /// <param name="sizes">The share of the nodes' half.</param>
    /// <param name="encoding">Encoding of the tensors.</param>
    public EncodedHalf(HostTensor parameters, HostTensor buffers, HalfSizes sizes, TensorEncodingOptions encoding)
    {
        EncodedTensor first = EncodedTensor.Encode(
            TensorNames.Parameters, parameters.Type, [sizes.FirstParameters], parameters.Memory[..sizes.FirstBytes], encoding);
        Tensors = sizes.FirstBuffers == 0
            ? [first]
            : [first, EncodedTensor.Encode(TensorNames.Buffers, buffers.Type, [sizes.FirstBuffers], buffers.Memory[..sizes.FirstBufferBytes], encoding)];
    }

    /// <summary><c>params [P_N]</c>, and <c>buffers [Q_N]</c> where the model has any.</summary>
    public EncodedTensor[] Tensors { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (EncodedTensor tensor in Tensors)
        {
            tensor.Dispose();
        }
    }
}
