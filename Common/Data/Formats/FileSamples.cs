namespace TraversalLearning.Data.Formats;

/// <summary>Samples that stay in their files until selected; labels are in memory.</summary>
/// <param name="element">Element type, little-endian in the files.</param>
/// <param name="shape">Dimensions of one sample.</param>
/// <param name="files">The files, in order.</param>
/// <param name="labels">The class of each sample.</param>
/// <param name="targets">The numeric labels of each sample; <see langword="null"/> for classes.</param>
internal sealed class FileSamples(
    SampleElement element, long[] shape, IReadOnlyList<RowFile> files, int[] labels, SampleTargets? targets = null) : ISamples
{
    /// <inheritdoc cref="SampleSet.IsLabelled"/>
    public bool IsLabelled { get; init; } = true;

    /// <inheritdoc/>
    public int Count => labels.Length;

    /// <inheritdoc/>
    public int[] Labels => labels;

    /// <inheritdoc/>
    public SampleTargets? Targets => targets;

    /// <inheritdoc/>
    public SampleSet ReadAll() => Select([.. Enumerable.Range(0, Count)]);

    /// <inheritdoc/>
    public SampleSet Select(ReadOnlySpan<int> indices)
    {
        foreach (int index in indices)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index, nameof(indices));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count, nameof(indices));
        }

        long bytes = (long)indices.Length * files[0].SampleBytes;
        if (bytes > Array.MaxLength)
        {
            throw new DataException(
                files[0].Path, $"{indices.Length} samples of it are {bytes} bytes, more than the {Array.MaxLength} that a node can hold; deal it out to more nodes");
        }

        int[] wanted = indices.ToArray();
        byte[] values = Read(wanted);
        SampleSet samples = targets is null
            ? new SampleSet(element, shape, values, Array.ConvertAll(wanted, i => labels[i])) { IsLabelled = IsLabelled }
            : new SampleSet(element, shape, values, targets.Select(wanted));
        UsableValues.Require(samples, i => Locate(wanted[i]));
        return samples;
    }

    /// <summary>Reads in file order, regardless of the order requested, with one forward pass through each file.</summary>
    private byte[] Read(int[] indices)
    {
        byte[] values = new byte[indices.Length * files[0].SampleBytes];
        int[] rows = [.. indices];
        int[] places = [.. Enumerable.Range(0, indices.Length)];
        Array.Sort(rows, places);
        int first = 0;
        int from = 0;
        foreach (RowFile file in files)
        {
            int to = from;
            for (; to < rows.Length && rows[to] < first + file.Count; to++)
            {
                rows[to] -= first;
            }

            if (to > from)
            {
                file.Read(rows.AsSpan(from..to), places.AsSpan(from..to), values);
            }

            first += file.Count;
            from = to;
        }

        return values;
    }

    private (string Path, int Row) Locate(int index)
    {
        int file = 0;
        for (; index >= files[file].Count; file++)
        {
            index -= files[file].Count;
        }

        return (files[file].Path, index);
    }
}
