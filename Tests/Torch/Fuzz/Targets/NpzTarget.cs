using System.IO.Compression;
using TraversalLearning.Data;
using TraversalLearning.Data.Formats;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>An archive of arrays, packed or not.</summary>
internal sealed class NpzTarget : FuzzTarget, IDisposable
{
    private readonly Scratch _scratch = new();

    /// <inheritdoc/>
    public override string Name => "npz";

    /// <inheritdoc/>
    public override int ShortRun => 20_000;

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> Corpus { get; } =
    [
        .. from level in (CompressionLevel[])[CompressionLevel.NoCompression, CompressionLevel.Optimal]
        from x in (string[])["x_u1", "x_f4", "x_i8"]
        from y in (string[])["y_u1", "y_f8"]
        select Make(level, x, y),
    ];

    /// <inheritdoc/>
    public override void Consume(byte[] input)
    {
        string folder = Path.GetDirectoryName(_scratch.Write("train.npz", input))!;
        SampleSet samples = new NpzFormat().Open(folder, DatasetPart.Train, classCount: 10).ReadAll();
        if (samples.Count == 0 || samples.ClassesSeen() > 10 || samples.Sample(samples.Count - 1).Length != samples.SampleBytes)
        {
            throw new InvalidOperationException($"{samples.Count} samples of {samples}");
        }
    }

    /// <inheritdoc/>
    public override string? KindOfRefusal(Exception e) => (e as DataException)?.GetType().Name;

    /// <summary>Deflate packs a thousand bytes into one at most; of them an array is made twice.</summary>
    public override long MaxAllocation(byte[] input) => (2 * 1024 * 1024) + (4000L * input.Length);

    /// <inheritdoc/>
    public void Dispose() => _scratch.Dispose();

    private static byte[] Make(CompressionLevel level, string x, string y)
    {
        using var file = new MemoryStream();
        using (var archive = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, string array) in new[] { ("x.npy", x), ("y.npy", y) })
            {
                ZipArchiveEntry entry = archive.CreateEntry(name, level);
                entry.LastWriteTime = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
                using Stream content = entry.Open();
                content.Write(File.ReadAllBytes(Golden.PathOf($"npy/{array}.npy")));
            }
        }

        return file.ToArray();
    }
}
