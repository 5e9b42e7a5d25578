namespace TraversalLearning.Data;

/// <summary>
/// Labelled samples, in memory or in files. How many there are and their labels are known; the samples themselves are copied when they are asked
/// for, so that a node that takes its part of a large set holds no more than that.
/// </summary>
public interface ISamples
{
    /// <summary>The number of samples.</summary>
    int Count { get; }

    /// <summary>Labels from 0, <c>[Count]</c>; all 0 where the labels are numbers. Not to be changed.</summary>
    int[] Labels { get; }

    /// <summary>The labels where they are numbers; <see langword="null"/> where they are classes.</summary>
    SampleTargets? Targets => null;

    /// <summary>A copy of the samples at <paramref name="indices"/>, in that order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index is not within the set.</exception>
    /// <exception cref="DataException">A file cannot be read any more, or one of these samples is not usable.</exception>
    SampleSet Select(ReadOnlySpan<int> indices);

    /// <summary>All samples.</summary>
    /// <exception cref="DataException">A file cannot be read any more, or a sample is not usable.</exception>
    SampleSet ReadAll();
}
