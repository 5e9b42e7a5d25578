using System.Buffers.Binary;
using TraversalLearning.Data;
using TraversalLearning.Data.Formats;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>
/// Labels and images: one byte that says what is to be gzip'd behind the mutation (1: labels, 2: images), the labels' length, both files.
/// Files that are gzip'd in the corpus are mutated as they stand.
/// </summary>
internal sealed class IdxTarget : FuzzTarget, IDisposable
{
    private const int Prefix = 5;

    // What deflate can make of a byte at most.
    private const int Inflation = 1032;

    private readonly Scratch _scratch = new();

    /// <inheritdoc/>
    public override string Name => "idx";

    /// <inheritdoc/>
    public override int ShortRun => 30_000;

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> Corpus { get; } =
    [
        Make(0, IdxFiles.Labels(3), IdxFiles.Images(3)),
        Make(0, IdxFiles.Labels(1), IdxFiles.Images(1, rows: 1, columns: 1)),
        Make(3, IdxFiles.Labels(12), IdxFiles.Images(12, rows: 4, columns: 5)),
        Make(2, IdxFiles.Labels(3), IdxFiles.Images(3)),
        Make(0, IdxFiles.Gzip(IdxFiles.Labels(5)), IdxFiles.Gzip(IdxFiles.Images(5))),
        Make(0, IdxFiles.Labels(200), IdxFiles.Gzip(IdxFiles.Make(0x803, [200, 64, 64], new byte[200 * 64 * 64]))),
    ];

    /// <inheritdoc/>
    public override void Consume(byte[] input)
    {
        (byte zipped, byte[] labels, byte[] images) = Split(input);
        string labelsPath = _scratch.Write("labels", (zipped & 1) != 0 ? IdxFiles.Gzip(labels) : labels);
        string imagesPath = _scratch.Write("images", (zipped & 2) != 0 ? IdxFiles.Gzip(images) : images);
        SampleSet set = IdxReader.Read(imagesPath, labelsPath, classCount: 10);
        if (set.Count == 0 || set.ClassesSeen() > 10 || set.Sample(set.Count - 1).Length != set.SampleSize)
        {
            throw new InvalidOperationException($"{set.Count} images of {set.SampleSize} pixels");
        }
    }

    /// <inheritdoc/>
    public override string? KindOfRefusal(Exception e) => (e as DataException)?.GetType().Name;

    /// <summary>Arrays that grow with what is inflated, twofold each time; and what this target itself takes to zip and to split.</summary>
    public override long MaxAllocation(byte[] input) => (512 * 1024) + (4L * Inflation * input.Length);

    /// <inheritdoc/>
    public void Dispose() => _scratch.Dispose();

    /// <inheritdoc/>
    protected override byte[] Mutate(byte[] input, FuzzRandom random)
    {
        (byte zipped, byte[] labels, byte[] images) = Split(input);
        return random.Next(8) switch
        {
            0 => Make((byte)random.Next(4), labels, images),
            1 or 2 => Make(zipped, ByteMutations.Apply(labels, random, Corpus), images),
            3 => Make(zipped, Header(labels, random, dimensions: 1), images),
            4 or 5 => Make(zipped, labels, Header(images, random, dimensions: 3)),
            _ => Make(zipped, labels, ByteMutations.Apply(images, random, Corpus)),
        };
    }

    /// <summary>Another magic or dimension.</summary>
    private static byte[] Header(byte[] file, FuzzRandom random, int dimensions)
    {
        int at = 4 * random.Next(dimensions + 1);
        if (file.Length < at + 4)
        {
            return file;
        }

        byte[] copy = [.. file];
        BinaryPrimitives.WriteUInt32BigEndian(copy.AsSpan(at), (uint)random.Number());
        return copy;
    }

    private static byte[] Make(byte zipped, byte[] labels, byte[] images)
    {
        byte[] prefix = new byte[Prefix];
        prefix[0] = zipped;
        BinaryPrimitives.WriteInt32LittleEndian(prefix.AsSpan(1), labels.Length);
        return [.. prefix, .. labels, .. images];
    }

    private static (byte Zipped, byte[] Labels, byte[] Images) Split(byte[] input)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(input.AsSpan(1));
        return (input[0], input[Prefix..(Prefix + length)], input[(Prefix + length)..]);
    }
}
