using TraversalLearning.Models.Layers;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.SplitLearning;

/// <summary>θ_N, and the buffers of <c>f_N</c> where it has some, as they go out to the nodes whose turns begin with them.</summary>
internal sealed class EncodedHalf : IDisposable
{
    /// <summary>Encodes them.</summary>
    /// <param name="parameters">θ: <c>[P]</c>.</param>
    /// <param name="buffers">All buffers: <c>[Q]</c>.</param>
    /// <param name="sizes">How much of them is the nodes'.</param>
    /// <param name="encoding">How.</param>
    public EncodedHalf(HostTensor parameters, HostTensor buffers, HalfSizes sizes, TensorEncodingOptions encoding)
    {
        EncodedTensor first = EncodedTensor.Encode(
            TensorNames.Parameters, parameters.Type, [sizes.FirstParameters], parameters.Memory[..sizes.FirstBytes], encoding);
        Tensors = sizes.FirstBuffers == 0
            ? [first]
            : [first, EncodedTensor.Encode(TensorNames.Buffers, buffers.Type, [sizes.FirstBuffers], buffers.Memory[..sizes.FirstBufferBytes], encoding)];
    }

    /// <summary><c>params [P_N]</c>, and <c>buffers [Q_N]</c> where there are some.</summary>
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
