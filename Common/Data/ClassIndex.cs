namespace TraversalLearning.Data;

/// <summary>What a partitioner sees of a data set: which samples are of which class.</summary>
internal sealed class ClassIndex
{
    /// <summary>Looks through the labels, <c>[Count]</c>.</summary>
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

    /// <summary>The samples of every class that has any, in the order of the labels; within a class ascending.</summary>
    public int[][] Classes { get; }
}
