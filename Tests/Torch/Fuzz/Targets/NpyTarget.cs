using System.Buffers.Binary;
using System.Text;
using TraversalLearning.Data;
using TraversalLearning.Data.Formats;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>A pair of <c>.npy</c> files: the length of the samples' file, that file, the labels' file.</summary>
internal sealed class NpyTarget : FuzzTarget, IDisposable
{
    private const int Prefix = 4;

    // Magic, version, and the length of the text in version 1.0.
    private const int TextStart = 10;

    // What a header is made of, and what it is not.
    private static readonly string[] Tokens =
    [
        "{", "}", "(", ")", "[", "]", ",", ":", " ", "\n", "\0", "'", "\"", "\\", "True", "False", "None", "'descr'", "'fortran_order'", "'shape'",
        "'|u1'", "'<f4'", "'<f8'", "'<i4'", "'<i8'", "'>f4'", "'|O'", "'<f2'", "0", "1", "3", "4", "12", "-1", "4L", "9223372036854775807", "1e9",
        "(3,)", "(3, 4)", "(12, 1)", "(1, 12)", "(3, 2, 2)", "(4611686018427387904, 4)", "(1, 1, 1, 1, 1, 1, 1, 1, 1, 1)",
    ];

    private readonly Scratch _scratch = new();

    /// <inheritdoc/>
    public override string Name => "npy";

    /// <inheritdoc/>
    public override int ShortRun => 30_000;

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> Corpus { get; } =
    [
        .. from x in (string[])["x_u1", "x_f4", "x_f4_v2", "x_f8", "x_i4", "x_i8"]
        from y in (string[])["y_u1", "y_i4", "y_i8"]
        select Make(Npy(x), Npy(y)),
    ];

    /// <inheritdoc/>
    public override void Consume(byte[] input)
    {
        (byte[] x, byte[] y) = Split(input);
        string folder = Path.GetDirectoryName(_scratch.Write("train_x.npy", x))!;
        _scratch.Write("train_y.npy", y);
        ISamples samples = new NpyFormat().Open(folder, DatasetPart.Train, classCount: 10);
        SampleSet last = samples.Select([samples.Count - 1]);
        if (samples.ReadAll().ClassesSeen() > 10 || !last.Values.AsSpan().SequenceEqual(x.AsSpan(^last.SampleBytes..)))
        {
            throw new InvalidOperationException($"{samples.Count} samples of {last}");
        }
    }

    /// <inheritdoc/>
    public override string? KindOfRefusal(Exception e) => (e as DataException)?.GetType().Name;

    /// <summary>The buffers of four openings and two headers; and for every byte, which may be a sample, its indices and labels a few times.</summary>
    public override long MaxAllocation(byte[] input) => (1024 * 1024) + (100L * input.Length);

    /// <inheritdoc/>
    public void Dispose() => _scratch.Dispose();

    /// <inheritdoc/>
    protected override byte[] Mutate(byte[] input, FuzzRandom random)
    {
        (byte[] x, byte[] y) = Split(input);
        return random.Next(6) switch
        {
            0 => Make(ByteMutations.Apply(x, random, Corpus), y),
            1 => Make(x, ByteMutations.Apply(y, random, Corpus)),
            2 => Make(Header(x, random), y),
            3 => Make(x, Header(y, random)),
            4 => Make(Value(x, random), y),
            _ => Make(x, Value(y, random)),
        };
    }

    /// <summary>Another token somewhere in the header, whose length is right again.</summary>
    private static byte[] Header(byte[] file, FuzzRandom random)
    {
        int length = file.Length < TextStart ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(TextStart - 2));
        if (length == 0 || file.Length < TextStart + length)
        {
            return file;
        }

        string text = Encoding.Latin1.GetString(file, TextStart, length);
        int start = random.Next(text.TrimEnd().Length + 1);
        int end = Math.Min(start + random.Next(12), text.Length);
        byte[] changed = Encoding.Latin1.GetBytes(text[..start] + random.Pick(Tokens) + text[end..]);
        byte[] result = [.. file[..TextStart], .. changed, .. file[(TextStart + length)..]];
        BinaryPrimitives.WriteUInt16LittleEndian(result.AsSpan(TextStart - 2), (ushort)changed.Length);
        return result;
    }

    /// <summary>Other bytes behind the header.</summary>
    private static byte[] Value(byte[] file, FuzzRandom random)
    {
        byte[] copy = [.. file];
        byte[] number = ByteMutations.Number(random);
        int at = 128 + random.Next(64);
        number.AsSpan(0, Math.Clamp(copy.Length - at, 0, number.Length)).CopyTo(copy.AsSpan(Math.Min(at, copy.Length)));
        return copy;
    }

    private static byte[] Npy(string name) => File.ReadAllBytes(Golden.PathOf($"npy/{name}.npy"));

    private static byte[] Make(byte[] x, byte[] y)
    {
        byte[] length = new byte[Prefix];
        BinaryPrimitives.WriteInt32LittleEndian(length, x.Length);
        return [.. length, .. x, .. y];
    }

    private static (byte[] X, byte[] Y) Split(byte[] input)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(input);
        return (input[Prefix..(Prefix + length)], input[(Prefix + length)..]);
    }
}
