using TraversalLearning.Data;
using TraversalLearning.Data.Formats;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>A file of CIFAR-10's binary version.</summary>
internal sealed class CifarTarget : FuzzTarget, IDisposable
{
    private readonly Scratch _scratch = new();

    /// <inheritdoc/>
    public override string Name => "cifar";

    /// <inheritdoc/>
    public override int ShortRun => 20_000;

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> Corpus { get; } = [CifarFiles.Make(1), CifarFiles.Make(2, seed: 2), CifarFiles.Make(5, seed: 3)];

    /// <inheritdoc/>
    public override void Consume(byte[] input)
    {
        string folder = Path.GetDirectoryName(_scratch.Write("data_batch_1.bin", input))!;
        ISamples samples = new CifarFormat().Open(folder, DatasetPart.Train, classCount: null);
        SampleSet last = samples.Select([samples.Count - 1]);
        if (samples.ReadAll().ClassesSeen() > 10 || !last.Values.AsSpan().SequenceEqual(input.AsSpan(^last.SampleBytes..)))
        {
            throw new InvalidOperationException($"{samples.Count} samples of {last}");
        }
    }

    /// <inheritdoc/>
    public override string? KindOfRefusal(Exception e) => (e as DataException)?.GetType().Name;

    /// <summary>Buffers of three openings, and everything a few times.</summary>
    public override long MaxAllocation(byte[] input) => (512 * 1024) + (8L * input.Length);

    /// <inheritdoc/>
    public void Dispose() => _scratch.Dispose();

    /// <inheritdoc/>
    protected override byte[] Mutate(byte[] input, FuzzRandom random)
    {
        int records = input.Length / CifarFiles.RecordBytes;
        if (records == 0 || random.OneIn(2))
        {
            return ByteMutations.Apply(input, random, Corpus);
        }

        // A label, or whole samples at either end.
        byte[] copy = [.. input];
        switch (random.Next(3))
        {
            case 0:
                copy[random.Next(records) * CifarFiles.RecordBytes] = (byte)random.Next(12);
                return copy;
            case 1:
                return copy[(random.Next(records) * CifarFiles.RecordBytes)..];
            default:
                return [.. copy, .. random.Pick(Corpus)[..CifarFiles.RecordBytes]];
        }
    }
}
