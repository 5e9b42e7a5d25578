namespace TraversalLearning.Data.Formats;

/// <summary>What numpy's arrays have to be, whatever file they come from.</summary>
internal static class NpyArrays
{
    /// <summary>Refuses an array that is no list of samples.</summary>
    /// <exception cref="DataException">It is none, or too large.</exception>
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

    /// <summary>Reads labels, classes or numbers.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="file">It, at its beginning.</param>
    /// <param name="count">How many samples they belong to.</param>
    /// <param name="classCount">If given, every label must be smaller.</param>
    /// <exception cref="DataException">They are damaged, too many or too few, or none.</exception>
    public static (int[] Classes, SampleTargets? Targets) ReadLabels(string path, Stream file, int count, int? classCount)
    {
        NpyHeader header = NpyHeader.Read(path, file, NpyContent.Labels);
        return NpyTargets.Are(header.Element)
            ? (new int[count], NpyTargets.Read(path, file, header, count))
            : (NpyLabels.Read(path, file, header, count, classCount ?? int.MaxValue), null);
    }
}
