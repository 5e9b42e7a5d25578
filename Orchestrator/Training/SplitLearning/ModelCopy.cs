using TorchSharp;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Orchestration.Training.Local;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Training.SplitLearning;

/// <summary>
/// A working copy of θ and buffers for one round; the model is unchanged until the round completes. Laid out like the
/// model: first the part of <c>f_N</c>, then that of <c>f_O</c>.
/// </summary>
internal sealed class ModelCopy : IDisposable
{
    private readonly HostTensor _parameters;
    private readonly HostTensor _buffers;
    private readonly HalfSizes _sizes;

    /// <summary>Copies the model.</summary>
    /// <param name="model">The source of θ and buffers.</param>
    /// <param name="sizes">The sizes of both halves.</param>
    public ModelCopy(ModelManager model, HalfSizes sizes)
    {
        _sizes = sizes;
        ScalarType type = model.Setup.ElementType.ToScalarType();
        _parameters = HostTensor.Zeros([model.Parameters.Count], type);
        _buffers = HostTensor.Zeros([sizes.FirstBuffers + sizes.RestBuffers], type);
        using IDisposable noGrad = no_grad();
        _parameters.Tensor.copy_(model.Parameters.Values);
        FlatBuffers.Read(model.Parameters, _buffers.Tensor);
    }

    /// <summary>The bytes of θ_O.</summary>
    public Memory<byte> RestParameters => _parameters.Memory[_sizes.FirstBytes..];

    /// <summary>The buffers of <c>f_O</c>, a view: <c>[Q_O]</c>. The caller disposes it.</summary>
    public Tensor RestBuffers() => _sizes.RestOf(_buffers.Tensor);

    /// <summary>
    /// Encodes θ_N, and the buffers of <c>f_N</c> if any, for a node. They must not change while the encoding is in
    /// use.
    /// </summary>
    public EncodedHalf EncodeFirst(TensorEncodingOptions encoding) => new(_parameters, _buffers, _sizes, encoding);

    /// <summary>Continues from a turn's result in both halves.</summary>
    public void TakeAll(LocalUpdate turn)
    {
        turn.Parameters.Memory.CopyTo(_parameters.Memory);
        turn.Buffers.Memory.CopyTo(_buffers.Memory);
    }

    /// <summary>Continues from a turn's result in the orchestrator's half; the nodes' half is unchanged.</summary>
    public void TakeRest(LocalUpdate turn)
    {
        turn.Parameters.Memory[_sizes.FirstBytes..].CopyTo(RestParameters);
        int firstBufferBytes = _sizes.FirstBufferBytes;
        turn.Buffers.Memory[firstBufferBytes..].CopyTo(_buffers.Memory[firstBufferBytes..]);
    }

    /// <summary>Writes both halves to the model.</summary>
    public void WriteAll(ModelManager model)
    {
        using IDisposable noGrad = no_grad();
        model.Parameters.Values.copy_(_parameters.Tensor);
        FlatBuffers.Write(model.Parameters, _buffers.Tensor);
    }

    /// <summary>Writes the orchestrator's half to the model.</summary>
    public void WriteRest(ModelManager model)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        long count = model.Parameters.Count - _sizes.FirstParameters;
        model.Parameters.Values.narrow(0, _sizes.FirstParameters, count).copy_(_parameters.Tensor.narrow(0, _sizes.FirstParameters, count));
        Tensor buffers = empty_like(_buffers.Tensor);
        FlatBuffers.Read(model.Parameters, buffers);
        _sizes.RestOf(buffers).copy_(_sizes.RestOf(_buffers.Tensor));
        FlatBuffers.Write(model.Parameters, buffers);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ((IDisposable)_parameters).Dispose();
        ((IDisposable)_buffers).Dispose();
    }
}
