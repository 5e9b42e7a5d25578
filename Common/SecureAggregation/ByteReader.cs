using System.Buffers.Binary;

namespace TraversalLearning.SecureAggregation;

/// <summary>Reads fields off the front of bytes that somebody else wrote.</summary>
/// <param name="bytes">The bytes.</param>
/// <param name="what">What they should be, for messages.</param>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes, string what)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public int Byte() => Take(1)[0];

    public int UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    public byte[] Bytes(int length, int max) => length <= max ? Take(length).ToArray() : throw Malformed($"a field of {length} bytes, {max} at most");

    /// <summary>The bytes of a part that is read on its own.</summary>
    public ReadOnlySpan<byte> Part(int length) => length >= 0 ? Take(length) : throw Malformed("a length is negative");

    public readonly void RequireEnd()
    {
        if (!_rest.IsEmpty)
        {
            throw Malformed($"{_rest.Length} bytes follow it");
        }
    }

    public readonly KeyExchangeException Malformed(string why) => new($"malformed {what}: {why}");

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
        {
            throw Malformed("it ends early");
        }

        ReadOnlySpan<byte> taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
