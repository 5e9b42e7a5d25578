using TraversalLearning.Models.Layers;
using TraversalLearning.Tensors;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Tasks;

/// <summary>Checks the tensors of a message before a byte of them is read, and has the memory that they are received into.</summary>
internal static class ReceivedTensors
{
    /// <summary>Refuses a message that has another number of tensors.</summary>
    public static void RequireCount(IncomingFrame frame, int count)
    {
        if (frame.Tensors.Count != count)
        {
            ProtocolException.Throw(ProtocolError.MalformedTensor, $"{frame.Type} came with {frame.Tensors.Count} tensors, not {count}");
        }
    }

    /// <summary>Refuses another tensor than this.</summary>
    public static void Require(TensorDescriptor tensor, string name, ElementType type, ReadOnlySpan<long> shape)
    {
        if (!tensor.Is(name, type, shape))
        {
            ProtocolException.Throw(
                ProtocolError.MalformedTensor, $"got {tensor} where {name} {type}[{string.Join(',', shape.ToArray())}] was expected");
        }
    }

    /// <summary>Receives the one tensor of a message for the rows of the forward pass that is held.</summary>
    /// <param name="frame">Has it.</param>
    /// <param name="destinations">Told where it goes.</param>
    /// <param name="name">Which tensor.</param>
    /// <param name="type">Of its elements.</param>
    /// <param name="shape">Its shape; <see langword="null"/> if no such pass is held: it is read over, and the answer says so.</param>
    /// <param name="rows">Its memory, kept from step to step.</param>
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

    /// <summary>A tensor of this shape, the same one as long as that does not change.</summary>
    public static HostTensor Reuse(ref HostTensor? tensor, long[] shape, ElementType type)
    {
        if (tensor is null || !tensor.Shape.AsSpan().SequenceEqual(shape))
        {
            Drop(ref tensor);
            tensor = HostTensor.Zeros(shape, type.ToScalarType());
        }

        return tensor;
    }

    /// <summary>Lets go of it.</summary>
    public static void Drop(ref HostTensor? tensor)
    {
        ((IDisposable?)tensor)?.Dispose();
        tensor = null;
    }
}
