using System.Buffers.Binary;
using K4os.Compression.LZ4;
using TraversalLearning.Tensors;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>Compressed tensors: four bytes of raw length, then the block. What lies around the destination must stay as it is.</summary>
internal sealed class Lz4Target : FuzzTarget
{
    private const int MaxRaw = 1 << 20;
    private const int Margin = 64;
    private const byte Canary = 0xC5;

    private readonly byte[] _buffer = new byte[MaxRaw + (2 * Margin)];

    /// <inheritdoc/>
    public override string Name => "lz4";

    /// <inheritdoc/>
    public override int ShortRun => 400_000;

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> Corpus { get; } =
    [
        Compress(new byte[64]),
        Compress(new byte[5000]),
        Compress([.. Enumerable.Range(0, 3000).Select(i => (byte)(i % 7))]),
        Compress([.. Enumerable.Range(0, 3000).Select(i => (byte)(i / 100 * i))]),
        Compress([.. Enumerable.Range(0, 900).SelectMany(i => BitConverter.GetBytes(i % 3 == 0 ? i * 0.37f : 0f))]),
        Compress([.. Enumerable.Range(0, 40).Select(i => (byte)(i * i)), .. new byte[100], .. Enumerable.Range(0, 40).Select(i => (byte)(i * i))]),
    ];

    /// <inheritdoc/>
    public override void Consume(byte[] input)
    {
        if (input.Length < 4)
        {
            ProtocolException.Throw(ProtocolError.Truncated, "no length");
        }

        uint raw = BinaryPrimitives.ReadUInt32LittleEndian(input);
        var descriptor = new TensorDescriptor("t", ElementType.Float32, [raw / 4], TensorEncoding.Lz4, input.Length - 4, null);
        descriptor.Validate(WireLimits.Session);
        if (descriptor.RawLength > MaxRaw)
        {
            ProtocolException.Throw(ProtocolError.LimitExceeded, "more than this target has room for");
        }

        int length = (int)descriptor.RawLength;
        _buffer.AsSpan(0, Margin).Fill(Canary);
        _buffer.AsSpan(Margin + length, Margin).Fill(Canary);
        bool refused = false;
        try
        {
            TensorDecoder.DecodeLz4(descriptor, input.AsSpan(4), _buffer.AsSpan(Margin, length));
        }
        catch (ProtocolException)
        {
            refused = true;
        }

        if (_buffer.AsSpan(0, Margin).ContainsAnyExcept(Canary) || _buffer.AsSpan(Margin + length, Margin).ContainsAnyExcept(Canary))
        {
            throw new InvalidOperationException("wrote outside of its destination");
        }

        if (refused)
        {
            ProtocolException.Throw(ProtocolError.MalformedTensor, "refused");
        }
    }

    /// <inheritdoc/>
    public override string? KindOfRefusal(Exception e) => (e as ProtocolException)?.Error.ToString();

    /// <inheritdoc/>
    public override long MaxAllocation(byte[] input) => 16 * 1024;

    private static byte[] Compress(byte[] raw)
    {
        byte[] block = new byte[LZ4Codec.MaximumOutputSize(raw.Length)];
        int length = LZ4Codec.Encode(raw, block);
        byte[] input = new byte[4 + length];
        BinaryPrimitives.WriteInt32LittleEndian(input, raw.Length);
        block.AsSpan(0, length).CopyTo(input.AsSpan(4));
        return input;
    }
}
