using TraversalLearning.Models.Layers;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Tasks;

/// <summary>Checks a message's tensors before any are read, and provides memory to receive them into.</summary>
internal static class ReceivedTensors
{
    /// <summary>Throws if a message does not have this number of tensors.</summary>
    public static void RequireCount(IncomingFrame frame, int count)
    {
        if (frame.Tensors.Count != count)
        {
            ProtocolException.Throw(ProtocolError.MalformedTensor, $"{frame.Type} came with {frame.Tensors.Count} tensors, not {count}");
        }
    }

    /// <summary>Throws if a tensor does not match.</summary>
    public static void Require(TensorDescriptor tensor, string name, ElementType type, ReadOnlySpan<long> shape)
    {
        if (!tensor.Is(name, type, shape))
        {
            ProtocolException.Throw(
                ProtocolError.MalformedTensor, $"got {tensor} where {name} {type}[{string.Join(',', shape.ToArray())}] was expected");
        }
    }

    /// <summary>Receives the single tensor of a message about the rows of the held forward pass.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="destinations">Receives the tensor's destination.</param>
    /// <param name="name">The tensor's role.</param>
    /// <param name="type">Its element type.</param>
    /// <param name="shape">Its shape; <see langword="null"/> if no forward pass is held: the tensor is skipped, and the reply says so.</param>
    /// <param name="rows">Its memory, reused from step to step.</param>
    public static void AcceptRows(
        IncomingFrame frame, Span<Memory<byte>> destinations, string name, ElementType type, long[]? shape, ref HostTensor? rows)
    {
        RequireCount(frame, 1);
        if (shape is null)
        {
            return;
        }

        Require(frame.Tensors[0], name, type, shape);
        destinations[0] = Reuse(ref rows, shape, type).Memory;
    }

    /// <summary>Returns a tensor of this shape, reusing the previous one if the shape is unchanged.</summary>
    public static HostTensor Reuse(ref HostTensor? tensor, long[] shape, ElementType type)
    {
        if (tensor is null || !tensor.Shape.AsSpan().SequenceEqual(shape))
        {
            Drop(ref tensor);
            tensor = HostTensor.Zeros(shape, type.ToScalarType());
        }

        return tensor;
    }

    /// <summary>Frees a tensor.</summary>
    public static void Drop(ref HostTensor? tensor)
    {
        ((IDisposable?)tensor)?.Dispose();
        tensor = null;
    }
}
