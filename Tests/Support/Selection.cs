namespace TraversalLearning.Tests.Support;

/// <summary>
/// Which cases of a matrix run. <c>./run_tests.sh --all</c> sets <c>TL_TESTS=all</c> and runs every one; by default so few run that what each
/// dimension has is met, and each two of them where that is cheap. The same cases every time.
/// </summary>
internal static class Selection
{
    /// <summary>Whether every case runs.</summary>
    public static bool IsAll { get; } = Environment.GetEnvironmentVariable("TL_TESTS") == "all";

    /// <summary>By default so many cases that each value of each dimension is in one of them.</summary>
    public static IReadOnlyList<T> EachValue<T>(IEnumerable<T> cases, params Func<T, object>[] dimensions) =>
        Cover(cases, c => dimensions.Select((value, i) => ((object)i, value(c))));

    /// <summary>By default so many cases that whatever two values of two dimensions meet in a case meet in one of them.</summary>
    public static IReadOnlyList<T> EachPair<T>(IEnumerable<T> cases, params Func<T, object>[] dimensions) =>
        Cover(cases, c => from i in Enumerable.Range(0, dimensions.Length) from j in Enumerable.Range(0, i) select ((object)(i, j), (object)(dimensions[i](c), dimensions[j](c))));

    /// <summary>By default the first value alone.</summary>
    public static T[] First<T>(params T[] values) => IsAll ? values : values[..1];

    /// <summary>By default a third of the values, another third for each turn.</summary>
    public static IEnumerable<T> Third<T>(IEnumerable<T> values, int turn) => values.Where((_, i) => IsAll || (i + turn) % 3 == 0);

    /// <summary>By default a tenth.</summary>
    public static int Tenth(int count) => IsAll ? count : count / 10;

    /// <summary>Takes the case that has the most of what is still to be met, until all is.</summary>
    private static T[] Cover<T>(IEnumerable<T> cases, Func<T, IEnumerable<(object Dimension, object Value)>> covered)
    {
        T[] all = [.. cases];
        if (IsAll)
        {
            return all;
        }

        HashSet<(object, object)>[] has = [.. all.Select(c => covered(c).ToHashSet())];
        HashSet<(object, object)> missing = [.. has.SelectMany(h => h)];
        var taken = new SortedSet<int>();
        while (missing.Count > 0)
        {
            int best = Enumerable.Range(0, all.Length).MaxBy(i => has[i].Count(missing.Contains));
            missing.ExceptWith(has[best]);
            taken.Add(best);
        }

        return [.. taken.Select(i => all[i])];
    }
}
