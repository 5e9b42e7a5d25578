using System.Diagnostics.CodeAnalysis;

namespace TraversalLearning.Wire;

/// <summary>Why bytes from the peer were rejected.</summary>
public enum ProtocolError
{
    /// <summary>The first four bytes of a frame are not <see cref="FrameHeader.Magic"/>: not our protocol, or a lost frame boundary.</summary>
    BadMagic,

    /// <summary>The peer speaks another version.</summary>
    UnsupportedVersion,

    /// <summary>The message type is not defined, or not allowed in this state.</summary>
    UnexpectedMessage,

    /// <summary>A reserved field or flag is set.</summary>
    ReservedBits,

    /// <summary>A length or count is over its limit.</summary>
    LimitExceeded,

    /// <summary>The header's or a tensor's checksum does not match its bytes.</summary>
    ChecksumMismatch,

    /// <summary>The metadata is not the MessagePack map that this message type has.</summary>
    MalformedMetadata,

    /// <summary>A tensor's descriptor contradicts itself, the payload, or what was asked for.</summary>
    MalformedTensor,

    /// <summary>The stream ended inside a frame.</summary>
    Truncated,
}

/// <summary>The peer's bytes break the protocol. The receiver closes the connection.</summary>
public sealed class ProtocolException : Exception
{
    internal ProtocolException(ProtocolError error, string message, Exception? inner = null)
        : base(message, inner) => Error = error;

    /// <summary>The reason, for counters and tests.</summary>
    public ProtocolError Error { get; }

    /// <summary>Throws with this reason.</summary>
    [DoesNotReturn]
    public static void Throw(ProtocolError error, string message) => throw new ProtocolException(error, message);

    /// <summary>Throws if a length or count exceeds its limit.</summary>
    public static void ThrowIfOver(long value, long limit, string what)
    {
        if (value > limit)
        {
            Throw(ProtocolError.LimitExceeded, $"{what} is {value}, over the limit of {limit}");
        }
    }
}
