using System.Diagnostics;
using K4os.Compression.LZ4;

namespace TraversalLearning.Tensors;

/// <summary>The values of <c>--compression</c>.</summary>
public enum CompressionMode
{
    /// <summary>Compress a kind of tensor if measurements of this run show that it pays.</summary>
    Auto,

    /// <summary>Never compress.</summary>
    None,

    /// <summary>Compress every tensor that shrinks.</summary>
    Lz4,
}

/// <summary>
/// Decides for each kind of tensor whether LZ4 compression pays, from this process's measurements: compression ratio and encoding
/// speed on a sample, repeated now and then because tensors change during training, and the speed of the link. It pays if
/// sending the saved bytes would take longer than encoding and decoding. Lossless: the result never depends on it.
/// </summary>
public sealed class CompressionPolicy
{
    private const int MinLength = 4 * 1024;
    private const int SampleLength = 128 * 1024;
    private const int SampleEvery = 256;

    // LZ4 decodes at least this much faster than it encodes (measured here: 3 to 6 times).
    private const double DecodeSpeedup = 3;

    private readonly CompressionMode _mode;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Kind> _kinds = new(StringComparer.Ordinal);
    private double _linkSecondsPerByte;

    /// <summary>Creates a policy for one process. All its connections share it, so that a tensor is encoded only once.</summary>
    public CompressionPolicy(CompressionMode mode) => _mode = mode;

    /// <summary>The requested mode.</summary>
    public CompressionMode Mode => _mode;

    /// <summary>The decisions, for the log: each kind's ratio and whether it is compressed.</summary>
    public IReadOnlyList<(string Name, double Ratio, bool Compressed)> Decisions
    {
        get
        {
            lock (_lock)
            {
                return [.. _kinds.Select(k => (k.Key, k.Value.Ratio, _mode == CompressionMode.Lz4 ? k.Value.Ratio < 1 : Pays(k.Value)))];
            }
        }
    }

    /// <summary>Records that sending <paramref name="bytes"/> took <paramref name="elapsed"/>, to estimate the link's speed.</summary>
    public void RecordSend(long bytes, TimeSpan elapsed)
    {
        if (_mode != CompressionMode.Auto || bytes < SampleLength)
        {
            return;
        }

        double secondsPerByte = elapsed.TotalSeconds / bytes;
        lock (_lock)
        {
            _linkSecondsPerByte = _linkSecondsPerByte == 0 ? secondsPerByte : (0.9 * _linkSecondsPerByte) + (0.1 * secondsPerByte);
        }
    }

    internal bool ShouldCompress(string name, ReadOnlySpan<byte> raw)
    {
        if (_mode == CompressionMode.None || raw.Length < MinLength)
        {
            return false;
        }

        if (_mode == CompressionMode.Lz4)
        {
            return true;
        }

        lock (_lock)
        {
            Kind kind = KindOf(name);
            if (kind.Count++ % SampleEvery == 0)
            {
                Measure(kind, raw[..Math.Min(raw.Length, SampleLength)]);
            }

            return Pays(kind);
        }
    }

    internal void RecordEncode(string name, int rawLength, int wireLength, TimeSpan elapsed)
    {
        lock (_lock)
        {
            KindOf(name).Record(rawLength, wireLength, elapsed);
        }
    }

    private void Measure(Kind kind, ReadOnlySpan<byte> sample)
    {
        byte[] target = System.Buffers.ArrayPool<byte>.Shared.Rent(LZ4Codec.MaximumOutputSize(sample.Length));
        long start = Stopwatch.GetTimestamp();
        int length = LZ4Codec.Encode(sample, target);
        kind.Record(sample.Length, length, Stopwatch.GetElapsedTime(start));
        System.Buffers.ArrayPool<byte>.Shared.Return(target);
    }

    // Re-evaluated for every tensor: a kind is often sampled before the link's speed is known.
    private bool Pays(Kind kind) => (1 - kind.Ratio) * _linkSecondsPerByte > kind.CodecSecondsPerByte;

    private Kind KindOf(string name)
    {
        if (!_kinds.TryGetValue(name, out Kind? kind))
        {
            _kinds.Add(name, kind = new Kind());
        }

        return kind;
    }

    private sealed class Kind
    {
        public int Count { get; set; }

        public double Ratio { get; private set; } = 1;

        public double CodecSecondsPerByte { get; private set; }

        public void Record(int rawLength, int wireLength, TimeSpan elapsed)
        {
            Ratio = wireLength > 0 ? (double)wireLength / rawLength : 1;
            CodecSecondsPerByte = elapsed.TotalSeconds / rawLength * (1 + (1 / DecodeSpeedup));
        }
    }
}
