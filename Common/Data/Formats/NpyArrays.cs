namespace TraversalLearning.Data.Formats;

/// <summary>Checks of numpy arrays, for all file formats that contain them.</summary>
internal static class NpyArrays
{
    /// <summary>Throws if an array is not a list of samples.</summary>
    /// <exception cref="DataException">The array is not a list of samples, or is too large.</exception>
    public static void RequireSamples(string path, NpyHeader header)
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

    /// <summary>Reads labels: classes or numbers.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="file">The open file, at its start.</param>
    /// <param name="count">Number of samples.</param>
    /// <param name="classCount">If given, every label must be smaller.</param>
    /// <exception cref="DataException">The labels are damaged, of a wrong number, or not labels.</exception>
    public static (int[] Classes, SampleTargets? Targets) ReadLabels(string path, Stream file, int count, int? classCount)
    {
        NpyHeader header = NpyHeader.Read(path, file, NpyContent.Labels);
        return NpyTargets.Are(header.Element)
            ? (new int[count], NpyTargets.Read(path, file, header, count))
            : (NpyLabels.Read(path, file, header, count, classCount ?? int.MaxValue), null);
    }
}
