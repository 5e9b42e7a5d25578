using MessagePack;
using TraversalLearning.Wire;

namespace TraversalLearning.Messages;

/// <summary>A message: a record that knows its type and its metadata fields. Its tensors travel beside it.</summary>
/// <typeparam name="TSelf">The message itself.</typeparam>
public interface IMessage<TSelf>
    where TSelf : IMessage<TSelf>
{
    /// <summary>What its frames are marked with.</summary>
    static abstract MessageType Type { get; }

    /// <summary>How many fields <see cref="WriteFields"/> writes.</summary>
    int FieldCount { get; }

    /// <summary>Reads the message from a frame's metadata.</summary>
    /// <exception cref="ProtocolException">A field is missing, of another type, or out of range.</exception>
    static abstract TSelf Read(MetadataMap metadata);

    /// <summary>Writes key, value, key, value…</summary>
    void WriteFields(ref MessagePackWriter writer);
}
