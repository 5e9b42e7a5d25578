using System.Buffers.Binary;
using TraversalLearning.Data;
using TraversalLearning.Data.Datasets;
using TraversalLearning.Hosting;
using TraversalLearning.Models;

namespace TraversalLearning.Benchmarks.Programs;

/// <summary>Data sets that are as large as a measurement needs: the first samples of the real one, with a test set of a hundred.</summary>
internal sealed class BenchData
{
    private const int TestSamples = 100;

    private readonly string _folder;

    private BenchData(string folder, SampleSet train, SampleSet test)
    {
        _folder = folder;
        Train = train;
        Test = test;
    }

    /// <summary>All training samples.</summary>
    public SampleSet Train { get; }

    private SampleSet Test { get; }

    /// <summary>Reads the real one.</summary>
    /// <exception cref="UserErrorException">It is not there, or not of grey images, which are all that is written again.</exception>
    public static Task<BenchData> ReadAsync(string dataset, string folder, CancellationToken cancellationToken) => ErrorTable.ReadingData.GuardAsync(async () =>
    {
        DatasetFiles files = await DatasetLocator.LocateAsync(dataset, cancellationToken: cancellationToken);
        SampleSet test = files.ReadTest();
        SampleSet train = files.ReadTrain();
        return (train, test) is ({ Element: SampleElement.UInt8, Shape: [1, _, _] }, { Element: SampleElement.UInt8, Shape: [1, _, _] })
            ? new BenchData(folder, train, First(test, Math.Min(TestSamples, test.Count)))
            : throw new DataException(files.Directory, $"has samples of {train}; the benchmark takes grey images, [1, rows, columns] uint8");
    });

    /// <summary>A folder with so many training samples, or as many as there are.</summary>
    public string WithSamples(int count)
    {
        count = Math.Min(count, Train.Count);
        string folder = Path.Combine(_folder, FormattableString.Invariant($"data-{count}"));
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            Write(folder, "train", First(Train, count));
            Write(folder, "t10k", Test);
        }

        return folder;
    }

    private static SampleSet First(SampleSet images, int count) => images.Select([.. Enumerable.Range(0, count)]);

    private static void Write(string folder, string part, SampleSet images)
    {
        Write(Path.Combine(folder, $"{part}-images-idx3-ubyte"), [0x803, images.Count, (int)images.Shape[1], (int)images.Shape[2]], images.Values);
        Write(Path.Combine(folder, $"{part}-labels-idx1-ubyte"), [0x801, images.Count], Array.ConvertAll(images.Labels, l => (byte)l));
    }

    private static void Write(string path, int[] header, byte[] content)
    {
        byte[] head = new byte[header.Length * sizeof(int)];
        for (int i = 0; i < header.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(i * sizeof(int)), header[i]);
        }

        File.WriteAllBytes(path, [.. head, .. content]);
    }
}
