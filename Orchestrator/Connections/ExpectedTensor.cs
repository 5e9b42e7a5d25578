using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>A tensor that a reply must contain, and its destination.</summary>
/// <param name="Name">Its role.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its exact dimensions.</param>
/// <param name="Destination">Memory of exactly its length, written to until the request completes or the link is
/// disposed.</param>
internal readonly record struct ExpectedTensor(string Name, ElementType Type, long[] Shape, Memory<byte> Destination)
{
    /// <summary>The destination of bytes whose number the reply says; <see langword="null"/> if it is known.</summary>
    public ReceivedBlob? Blob { get; private init; }

    /// <summary>Bytes whose number the reply says.</summary>
    public static ExpectedTensor OfBytes(ReceivedBlob blob) => new(TensorNames.Blob, ElementType.UInt8, [], default) { Blob = blob };

    /// <summary>Whether a tensor is the expected one.</summary>
    public bool Fits(TensorDescriptor tensor) => Blob is { } blob
        ? tensor.Shape is [var length] && length <= blob.MaxLength && tensor.Is(Name, Type, tensor.Shape)
        : tensor.Is(Name, Type, Shape);

    /// <summary>The memory for a tensor that <see cref="Fits"/>.</summary>
    public Memory<byte> DestinationOf(TensorDescriptor tensor) => Blob?.Take((int)tensor.Shape[0]) ?? Destination;
}
