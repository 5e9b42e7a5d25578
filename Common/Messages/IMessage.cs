using MessagePack;
using TraversalLearning.Wire;

namespace TraversalLearning.Messages;

/// <summary>A message: a record with a type and metadata fields. Its tensors are sent separately.</summary>
/// <typeparam name="TSelf">The message's own type.</typeparam>
public interface IMessage<TSelf>
    where TSelf : IMessage<TSelf>
{
    /// <summary>The message type in its frames.</summary>
    static abstract MessageType Type { get; }

    /// <summary>Number of fields that <see cref="WriteFields"/> writes.</summary>
    int FieldCount { get; }

    /// <summary>Reads the message from a frame's metadata.</summary>
    /// <exception cref="ProtocolException">A field is missing, of another type, or out of range.</exception>
    static abstract TSelf Read(MetadataMap metadata);

    /// <summary>Writes key, value, key, value…</summary>
    void WriteFields(ref MessagePackWriter writer);
}
