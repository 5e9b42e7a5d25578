namespace TraversalLearning.Data.Formats;

/// <summary>
/// CIFAR-10's binary version: <c>data_batch_1.bin</c> to at most <c>data_batch_5.bin</c> for training, <c>test_batch.bin</c>
/// for testing. A file consists of records of 3073 bytes: the label, then <c>[3, 32, 32]</c> pixels, red, green, blue.
/// </summary>
internal sealed class CifarFormat : ISampleFormat
{
    private const int PixelBytes = 3 * 32 * 32;
    private const int RecordBytes = 1 + PixelBytes;
    private const int Batches = 5;
    private const int Classes = 10;

    /// <inheritdoc/>
    public string FilesOf(DatasetPart part) => part == DatasetPart.Train ? $"data_batch_1.bin to data_batch_{Batches}.bin" : "test_batch.bin";

    /// <inheritdoc/>
    public bool IsIn(string directory, DatasetPart part, bool labels = true) => Names(part).Any(name => File.Exists(Path.Combine(directory, name)));

    /// <inheritdoc/>
    public ISamples Open(string directory, DatasetPart part, int? classCount, bool labels = true)
    {
        string[] paths = [.. Names(part).Select(name => Path.Combine(directory, name))];
        int last = Array.FindLastIndex(paths, File.Exists);
        var files = new List<RowFile>();
        var found = new List<int>();
        foreach (string path in paths[..Math.Max(last + 1, 1)])
        {
            int before = found.Count;
            ReadLabels(path, labels ? classCount ?? Classes : byte.MaxValue + 1, found);
            files.Add(new RowFile(path, Offset: 1, PixelBytes, RecordBytes, found.Count - before));
        }

        return new FileSamples(SampleElement.UInt8, [3, 32, 32], files, [.. found]) { IsLabelled = labels };
    }

    private static IEnumerable<string> Names(DatasetPart part) =>
        part == DatasetPart.Train ? Enumerable.Range(1, Batches).Select(i => $"data_batch_{i}.bin") : ["test_batch.bin"];

    private static void ReadLabels(string path, int classCount, List<int> labels)
    {
        try
        {
            using FileStream file = RowFile.Open(path);
            long records = file.Length / RecordBytes;
            if (records * RecordBytes != file.Length || records > Array.MaxLength - labels.Count || records == 0)
            {
                throw new DataException(path, $"its {file.Length} bytes are not some samples of {RecordBytes} each (a label and {PixelBytes} pixels)");
            }

            for (long i = 0; i < records; i++)
            {
                file.Seek(i * RecordBytes, SeekOrigin.Begin);
                int label = file.ReadByte();
                if (label < 0)
                {
                    throw new EndOfStreamException();
                }

                if (label >= classCount)
                {
                    throw new DataException(path, $"label {label} of sample {i} is not below the {classCount} classes");
                }

                labels.Add(label);
            }
        }
        catch (Exception e) when (DataException.IsFileError(e))
        {
            throw DataException.Unreadable(path, e);
        }
    }
}
