using System.Runtime.InteropServices;
using TraversalLearning.Messages;
using TraversalLearning.Tensors;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Tasks;

/// <summary>The sample indices of a request, checked against the node's samples. The memory is reused from step to step.</summary>
/// <param name="sampleCount">Valid indices are from 0 to this, exclusive.</param>
internal sealed class ReceivedIndices(int sampleCount)
{
    private byte[] _bytes = [];
    private int _length;

    /// <summary>Number of indices.</summary>
    public int Count => _length / sizeof(int);

    /// <summary>Memory that receives the indices; read them with <see cref="Of"/>.</summary>
    public Memory<byte> Accept(TensorDescriptor indices)
    {
        long rows = indices.Shape is [var m] ? m : -1;
        ReceivedTensors.Require(indices, TensorNames.Indices, ElementType.Int32, [Math.Clamp(rows, 1, Math.Max(sampleCount, 1))]);
        if (_bytes.Length < indices.RawLength)
        {
            _bytes = new byte[indices.RawLength];
        }

        _length = (int)indices.RawLength;
        return _bytes.AsMemory(0, _length);
    }

    /// <summary>The indices of a step.</summary>
    /// <exception cref="ProtocolException">An index is out of range.</exception>
    public ReadOnlySpan<int> Of(StepId step)
    {
        ReadOnlySpan<int> indices = MemoryMarshal.Cast<byte, int>(_bytes.AsSpan(0, _length));
        foreach (int index in indices)
        {
            if ((uint)index >= (uint)sampleCount)
            {
                ProtocolException.Throw(ProtocolError.MalformedTensor, $"sample index {index} at {step} is not from 0 to {sampleCount - 1}");
            }
        }

        return indices;
    }
}
