using System.Buffers.Binary;
using System.Text;
using TraversalLearning.Files;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>A safetensors file. Whatever is listed can be read.</summary>
internal sealed class SafetensorsTarget : FuzzTarget, IDisposable
{
    private const int PrefixLength = 8;

    private readonly Scratch _scratch = new();

    /// <inheritdoc/>
    public override string Name => "safetensors";

    /// <inheritdoc/>
    public override int ShortRun => 50_000;

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> Corpus { get; } =
    [
        Make("""{"fc1.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"fc1.bias":{"dtype":"F32","shape":[2],"data_offsets":[24,32]}}""", 32),
        Make(
            """
            {"__metadata__":{"format":"pt","epoch":"3"},
             "a":{"dtype":"F64","shape":[],"data_offsets":[0,8]},"b":{"dtype":"I64","shape":[0,4],"data_offsets":[8,8]}}
            """,
            8),
        Make("""{"x":{"data_offsets":[0,3],"dtype":"BOOL","shape":[3]}}      """, 3),
        Make("{}", 0),
    ];

    /// <inheritdoc/>
    public override void Consume(byte[] input)
    {
        using SafetensorsReader reader = SafetensorsReader.Open(_scratch.Write("input", input));
        foreach (SafetensorsEntry tensor in reader.Tensors)
        {
            if (reader.Read(tensor).Length != tensor.Length || tensor.Offset + tensor.Length > input.Length)
            {
                throw new InvalidOperationException($"{tensor} lies outside of the file");
            }
        }
    }

    /// <inheritdoc/>
    public override string? KindOfRefusal(Exception e) => (e as SafetensorsException)?.GetType().Name;

    /// <inheritdoc/>
    public override long MaxAllocation(byte[] input) => (32 * 1024) + (32 * input.Length);

    /// <inheritdoc/>
    public void Dispose() => _scratch.Dispose();

    /// <summary>One change to a file, which keeps the header's length right.</summary>
    internal static byte[] Mutate(byte[] input, FuzzRandom random, IReadOnlyList<byte[]> corpus)
    {
        if (input.Length < PrefixLength || random.OneIn(5))
        {
            return ByteMutations.Apply(input, random, corpus);
        }

        int length = (int)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(input), (ulong)(input.Length - PrefixLength));
        byte[] json = JsonMutations.Apply(input[PrefixLength..(PrefixLength + length)], random, [.. corpus.Select(c => c[PrefixLength..])]);
        byte[] data = input[(PrefixLength + length)..];
        return Make(json, random.OneIn(6) ? ByteMutations.Apply(data, random, corpus) : data);
    }

    /// <inheritdoc/>
    protected override byte[] Mutate(byte[] input, FuzzRandom random) => Mutate(input, random, Corpus);

    private static byte[] Make(string header, int dataLength) => Make(Encoding.UTF8.GetBytes(header), new byte[dataLength]);

    private static byte[] Make(byte[] header, byte[] data)
    {
        byte[] prefix = new byte[PrefixLength];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        return [.. prefix, .. header, .. data];
    }
}
