namespace TraversalLearning.Data.Formats;

/// <summary>Purpose of a numpy array. It determines the advice given for an unsupported element type.</summary>
internal enum NpyContent
{
    /// <summary>Samples.</summary>
    Samples,

    /// <summary>Their labels.</summary>
    Labels,
}
