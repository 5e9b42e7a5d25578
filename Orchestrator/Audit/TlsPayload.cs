using System.Buffers.Binary;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>Takes the application data out of TLS records: the ciphertext without its framing, up to a number of bytes.</summary>
/// <param name="limit">Bytes to keep.</param>
internal sealed class TlsPayload(int limit)
{
    private const byte ApplicationData = 23;
    private const int HeaderLength = 5;

    private readonly byte[] _header = new byte[HeaderLength];
    private readonly MemoryStream _kept = new();
    private int _headerRead;
    private int _left;

    /// <summary>What was kept so far.</summary>
    public byte[] Bytes => _kept.ToArray();

    /// <summary>Takes the next bytes of the stream.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_left > 0)
            {
                int length = Math.Min(_left, bytes.Length);
                if (_header[0] == ApplicationData)
                {
                    _kept.Write(bytes[..(int)Math.Min(length, limit - _kept.Length)]);
                }

                _left -= length;
                bytes = bytes[length..];
                continue;
            }

            _header[_headerRead++] = bytes[0];
            bytes = bytes[1..];
            if (_headerRead == HeaderLength)
            {
                _headerRead = 0;
                _left = BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(3));
            }
        }
    }
}
