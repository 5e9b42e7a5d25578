using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Training.Model;

/// <summary>
/// θ and the buffers (if any) as sent to nodes for local training, encoded once for all. θ must not change while this
/// is alive.
/// </summary>
internal sealed class EncodedModel : IDisposable
{
    private readonly HostTensor? _buffers;

    public EncodedModel(ModelManager model, TensorEncodingOptions encoding)
    {
        EncodedTensor parameters = model.EncodeParameters(encoding);
        long count = FlatBuffers.Count(model.Parameters);
        if (count == 0)
        {
            Tensors = [parameters];
            return;
        }

        _buffers = HostTensor.Zeros([count], model.Setup.ElementType.ToScalarType());
        FlatBuffers.Read(model.Parameters, _buffers.Tensor);
        Tensors = [parameters, EncodedTensor.Encode(TensorNames.Buffers, model.Setup.ElementType, [count], _buffers.Memory, encoding)];
    }

    /// <summary><c>params [P]</c>, and <c>buffers [Q]</c> where the model has any.</summary>
    public EncodedTensor[] Tensors { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (EncodedTensor tensor in Tensors)
        {
            tensor.Dispose();
        }

        ((IDisposable?)_buffers)?.Dispose();
    }
}
