namespace TraversalLearning.Data;

/// <summary>
/// Labelled samples, in memory or in files. Count and labels are known; samples are copied on request, so that a node that takes
/// part of a large set holds no more than that part.
/// </summary>
public interface ISamples
{
    /// <summary>The number of samples.</summary>
    int Count { get; }

    /// <summary>Labels from 0, <c>[Count]</c>; all 0 for numeric labels. Read-only.</summary>
    int[] Labels { get; }

    /// <summary>Numeric labels; <see langword="null"/> if the labels are classes.</summary>
    SampleTargets? Targets => null;

    /// <summary>A copy of the samples at <paramref name="indices"/>, in that order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index is out of range.</exception>
    /// <exception cref="DataException">A file can no longer be read, or a sample is unusable.</exception>
    SampleSet Select(ReadOnlySpan<int> indices);

    /// <summary>All samples.</summary>
    /// <exception cref="DataException">A file can no longer be read, or a sample is unusable.</exception>
    SampleSet ReadAll();
}
