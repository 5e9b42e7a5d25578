using TraversalLearning.Messages;
using TraversalLearning.Tensors;
using TraversalLearning.Wire;

namespace TraversalLearning.Transport;

/// <summary>A frame whose metadata has been read and whose payload may still be on the wire. Valid until the next frame is read.</summary>
public sealed class IncomingFrame
{
    /// <summary>What it is.</summary>
    public MessageType Type { get; private set; }

    /// <summary>The request that it is or answers; 0 for none.</summary>
    public ulong RequestId { get; private set; }

    /// <summary>The tensors of its payload, in order.</summary>
    public IReadOnlyList<TensorDescriptor> Tensors { get; private set; } = [];

    internal MetadataMap Metadata { get; } = new();

    /// <summary>Reads the message out of the metadata.</summary>
    /// <exception cref="ProtocolException">It is another message, or malformed.</exception>
    public T Read<T>()
        where T : IMessage<T>
    {
        if (Type != T.Type)
        {
            ProtocolException.Throw(ProtocolError.UnexpectedMessage, $"the peer sent {Type} where {T.Type} was expected");
        }

        return T.Read(Metadata);
    }

    internal void Set(in FrameHeader header, ReadOnlyMemory<byte> metadata, in WireLimits limits)
    {
        Type = header.Type;
        RequestId = header.RequestId;
        Metadata.Parse(metadata);
        TensorDescriptor[] tensors = TensorSection.Read(Metadata, header.PayloadLength, limits);
        if (tensors.Length > 0 && !MessageRule.Of(Type).HasTensors)
        {
            // Here, because nobody looks at the tensors of a frame that is read over, and a heartbeat is.
            ProtocolException.Throw(ProtocolError.MalformedTensor, $"{Type} came with {tensors.Length} tensors, and has none");
        }

        Tensors = tensors;
    }
}
