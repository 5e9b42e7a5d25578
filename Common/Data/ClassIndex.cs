namespace TraversalLearning.Data;

/// <summary>Indexes the samples of a data set by class, for partitioners.</summary>
internal sealed class ClassIndex
{
    /// <summary>Indexes labels, <c>[Count]</c>.</summary>
    public ClassIndex(ReadOnlySpan<int> labels)
    {
        var classes = new SortedDictionary<int, List<int>>();
        for (int sample = 0; sample < labels.Length; sample++)
        {
            if (!classes.TryGetValue(labels[sample], out List<int>? members))
            {
                classes[labels[sample]] = members = [];
            }

            members.Add(sample);
        }

        Count = labels.Length;
        Classes = [.. classes.Values.Select(members => members.ToArray())];
    }

    /// <summary>The number of samples.</summary>
    public int Count { get; }

    /// <summary>The sample indices of every non-empty class, in the order of the labels; ascending within a class.</summary>
    public int[][] Classes { get; }
}
