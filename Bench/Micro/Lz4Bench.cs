using K4os.Compression.LZ4;

namespace TraversalLearning.Benchmarks.Micro;

/// <summary>What LZ4 makes of a tensor.</summary>
/// <param name="Ratio">Bytes behind over bytes before.</param>
/// <param name="Encode">GB of the tensor a second.</param>
/// <param name="Decode">GB of the tensor a second.</param>
internal readonly record struct Lz4Figures(double Ratio, double Encode, double Decode)
{
    /// <summary>GB/s of a link below which it pays: there the bytes that are saved take longer than saving them. 0: never.</summary>
    public double PaysBelow => Ratio < 1 ? (1 - Ratio) / ((1 / Encode) + (1 / Decode)) : 0;

    /// <summary>How many times as fast a tensor gets over a link of so many GB/s.</summary>
    public double GainAt(double link) => 1 / link / ((Ratio / link) + (1 / Encode) + (1 / Decode));
}

/// <summary>LZ4 on real tensors, as the product calls it.</summary>
internal static class Lz4Bench
{
    /// <summary>Measures one tensor.</summary>
    public static Lz4Figures Measure(byte[] tensor, TimeSpan duration, CancellationToken cancellationToken)
    {
        byte[] block = new byte[LZ4Codec.MaximumOutputSize(tensor.Length)];
        byte[] back = new byte[tensor.Length];
        int length = LZ4Codec.Encode(tensor.AsSpan(), block.AsSpan());
        double encode = Throughput.SecondsEach(duration, () => LZ4Codec.Encode(tensor.AsSpan(), block.AsSpan()), cancellationToken);
        double decode = Throughput.SecondsEach(duration, () => LZ4Codec.Decode(block.AsSpan(0, length), back.AsSpan()), cancellationToken);
        return new Lz4Figures((double)length / tensor.Length, tensor.Length / encode / 1e9, tensor.Length / decode / 1e9);
    }
}
