using System.Buffers.Binary;

namespace TraversalLearning.Data;

/// <summary>
/// Arrays as <c>numpy.save</c> writes them: <c>train_x.npy [n, shape…]</c> with <c>train_y.npy [n]</c>, and <c>test_x.npy</c> with <c>test_y.npy</c>.
/// Samples are uint8 (pixels), float32 or float64 (numbers), int32 or int64 (tokens), labels uint8, int32 or int64 (classes), or float32 or float64 (numbers
/// to be predicted, <c>[n]</c> or <c>[n, k]</c>), all little-endian, in C order.
/// </summary>
internal sealed class NpyFormat : ISampleFormat
{
    /// <inheritdoc/>
    public string FilesOf(DatasetPart part) => $"{Stem(part)}_x.npy and {Stem(part)}_y.npy";

    /// <inheritdoc/>
    public bool IsIn(string directory, DatasetPart part) => File.Exists(SamplesPath(directory, part)) && File.Exists(LabelsPath(directory, part));

    /// <inheritdoc/>
    public ISamples Open(string directory, DatasetPart part, int? classCount)
    {
        string path = SamplesPath(directory, part);
        NpyHeader header = Read(path, static (_, header) => header);
        RequireSamples(path, header);
        string labelsPath = LabelsPath(directory, part);
        int count = (int)header.Shape[0];
        (int[] labels, SampleTargets? targets) = Read<(int[], SampleTargets?)>(labelsPath, (file, y) => NpyTargets.Are(y.Element)
            ? (new int[count], NpyTargets.Read(labelsPath, file, y, count))
            : (ReadLabels(labelsPath, file, y, count, classCount ?? int.MaxValue), null));
        int sampleBytes = (int)(header.DataBytes / count);
        return new FileSamples(
            header.Element, header.Shape[1..], [new RowFile(path, header.DataOffset, sampleBytes, Stride: sampleBytes, count)], labels, targets);
    }

    private static string Stem(DatasetPart part) => part == DatasetPart.Train ? "train" : "test";

    private static string SamplesPath(string directory, DatasetPart part) => Path.Combine(directory, $"{Stem(part)}_x.npy");

    private static string LabelsPath(string directory, DatasetPart part) => Path.Combine(directory, $"{Stem(part)}_y.npy");

    private static T Read<T>(string path, Func<FileStream, NpyHeader, T> read)
    {
        try
        {
            using FileStream file = RowFile.Open(path);
            return read(file, NpyHeader.Read(path, file));
        }
        catch (Exception e) when (DataException.IsFileError(e))
        {
            throw DataException.Unreadable(path, e);
        }
    }

    private static void RequireSamples(string path, NpyHeader header)
    {
        if (header.Shape.Length < 2)
        {
            throw new DataException(path, $"has the shape {header.Tuple}; it should be (samples, values): save it as x.reshape(len(x), -1)");
        }

        if (header.DataBytes == 0)
        {
            throw new DataException(path, $"has the shape {header.Tuple}, in which there is nothing");
        }

        if (header.Shape[0] > Array.MaxLength || header.DataBytes / header.Shape[0] > Array.MaxLength)
        {
            throw new DataException(path, $"has the shape {header.Tuple}; up to {Array.MaxLength} samples of up to {Array.MaxLength} bytes are supported");
        }
    }

    private static int[] ReadLabels(string path, FileStream file, NpyHeader header, int count, int classCount)
    {
        if (header.Shape.Length != 1)
        {
            throw new DataException(path, $"has the shape {header.Tuple}; labels are one number a sample, ({count},): save one-hot labels as y.argmax(1)");
        }

        if (header.Shape[0] != count)
        {
            throw new DataException(path, $"holds {header.Shape[0]} labels, but there are {count} samples");
        }

        int[] labels = new int[count];
        Span<byte> bytes = stackalloc byte[header.Element.Size()];
        for (int i = 0; i < count; i++)
        {
            file.ReadExactly(bytes);
            long label = bytes.Length switch
            {
                sizeof(byte) => bytes[0],
                sizeof(int) => BinaryPrimitives.ReadInt32LittleEndian(bytes),
                _ => BinaryPrimitives.ReadInt64LittleEndian(bytes),
            };
            if (label < 0 || label >= classCount)
            {
                throw new DataException(path, $"label {label} of sample {i} is not from 0 to {classCount - 1}");
            }

            labels[i] = (int)label;
        }

        return labels;
    }
}
