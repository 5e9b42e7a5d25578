using TraversalLearning.Messages;
using TraversalLearning.Tensors;
using TraversalLearning.Wire;

namespace TraversalLearning.Transport;

/// <summary>A frame whose metadata has been read; its payload may still be on the wire. Valid until the next frame is read.</summary>
public sealed class IncomingFrame
{
    /// <summary>The message type.</summary>
    public MessageType Type { get; private set; }

    /// <summary>Id of the request that this frame is, or replies to; 0 for neither.</summary>
    public ulong RequestId { get; private set; }

    /// <summary>Descriptors of the payload's tensors, in order.</summary>
    public IReadOnlyList<TensorDescriptor> Tensors { get; private set; } = [];

    /// <summary>Which step the message belongs to; <see langword="null"/> if it belongs to none.</summary>
    /// <exception cref="ProtocolException">Its numbers are malformed.</exception>
    public StepId? Step => Metadata.Has("epoch"u8) && Metadata.Has("batch"u8) && Metadata.Has("attempt"u8) ? StepId.Read(Metadata) : null;

    internal MetadataMap Metadata { get; } = new();

    /// <summary>Parses the message from the metadata.</summary>
    /// <exception cref="ProtocolException">The message is malformed or of another type.</exception>
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
            // Checked here because the tensors of a skipped frame are not checked elsewhere, and heartbeats are skipped.
            ProtocolException.Throw(ProtocolError.MalformedTensor, $"{Type} came with {tensors.Length} tensors, and has none");
        }

        Tensors = tensors;
    }
}
