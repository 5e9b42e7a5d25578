namespace TraversalLearning.Data.Formats;

/// <summary>What a numpy array is for. What helps where its elements are of a type that is not read depends on it.</summary>
internal enum NpyContent
{
    /// <summary>Samples.</summary>
    Samples,

    /// <summary>Their labels.</summary>
    Labels,
}
