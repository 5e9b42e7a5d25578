namespace TraversalLearning.Data.Partitions;

/// <summary>
/// The partitioners' functions (docs/reference/partitions.md). Which random numbers they draw, and in which order, is part of the
/// definition: a node on another machine, or in another language, must arrive at the same samples.
/// </summary>
internal static class DealingRules
{
    // As in the code of NIID-Bench (Li et al. 2022), which redraws without a limit.
    private const int LeastSamples = 10;
    private const int MostDraws = 100;

    /// <summary>Sample j goes to node j mod N.</summary>
    public static int[][] RoundRobin(ClassIndex samples, int nodes, double parameter, SeededRandom random)
    {
        (int rounds, int rest) = Math.DivRem(samples.Count, nodes);
        return [.. Enumerable.Range(0, nodes).Select(
            node => Enumerable.Range(0, rounds + (node < rest ? 1 : 0)).Select(round => (round * nodes) + node).ToArray())];
    }

    /// <summary>A permutation, cut into runs whose lengths differ by at most one.</summary>
    public static int[][] Iid(ClassIndex samples, int nodes, double parameter, SeededRandom random) =>
        Cut(Shuffled(Enumerable.Range(0, samples.Count), random), EvenSizes(samples.Count, nodes));

    /// <summary>
    /// A permutation, cut into runs whose lengths are shares drawn from Dirichlet(<paramref name="parameter"/>) (Li et al. 2022, "quantity skew").
    /// </summary>
    public static int[][] Quantity(ClassIndex samples, int nodes, double parameter, SeededRandom random)
    {
        int[] order = Shuffled(Enumerable.Range(0, samples.Count), random);
        return Cut(order, DrawSizes([samples.Count], nodes, parameter, random)[0]);
    }

    /// <summary>
    /// Splits each class by its own shares, drawn from Dirichlet(<paramref name="parameter"/>) (Yurochkin et al. 2019; Li et al. 2022, "label skew").
    /// </summary>
    public static int[][] DirichletLabels(ClassIndex samples, int nodes, double parameter, SeededRandom random) =>
        DealByClass(samples, DrawSizes(Array.ConvertAll(samples.Classes, c => c.Length), nodes, parameter, random), nodes, random);

    /// <summary>Sorted by label and cut into N·k shards, of which each node gets k at random (McMahan et al. 2017).</summary>
    public static int[][] Shards(ClassIndex samples, int nodes, double parameter, SeededRandom random)
    {
        int perNode = (int)parameter;
        int[] sorted = [.. samples.Classes.SelectMany(c => c)];
        int[][] shards = Cut(sorted, EvenSizes(sorted.Length, checked(nodes * perNode)));
        random.Shuffle<int[]>(shards);
        return [.. shards.Chunk(perNode).Select(own => own.SelectMany(s => s).Order().ToArray())];
    }

    /// <summary>Assigns classes to nodes in turn until every node has a class and every class a node: one class per node if there are enough nodes.</summary>
    public static int[][] OneClass(ClassIndex samples, int nodes, double parameter, SeededRandom random)
    {
        List<int>[] holders = Array.ConvertAll(samples.Classes, _ => new List<int>());
        for (int turn = 0; turn < Math.Max(nodes, holders.Length); turn++)
        {
            holders[turn % holders.Length].Add(turn % nodes);
        }

        return DealToHolders(samples, holders, nodes, random);
    }

    /// <summary>
    /// Assigns k classes to each node, at random among those with the fewest nodes so far, so that the numbers of nodes per class
    /// differ by at most one (the aim of "#C = k" in Li et al. 2022, where the draw may leave classes out). If N·k is below the
    /// number of classes, nodes get as many as needed.
    /// </summary>
    public static int[][] Classes(ClassIndex samples, int nodes, double parameter, SeededRandom random)
    {
        List<int>[] holders = Array.ConvertAll(samples.Classes, _ => new List<int>());
        int perNode = Math.Min((int)parameter, holders.Length);
        int[] scarce = EvenSizes(holders.Length, nodes);
        int[] order = [.. Enumerable.Range(0, holders.Length)];
        for (int node = 0; node < nodes; node++)
        {
            random.Shuffle<int>(order);
            foreach (int own in order.OrderBy(c => holders[c].Count).Take(Math.Max(perNode, scarce[node])).ToArray())
            {
                holders[own].Add(node);
            }
        }

        return DealToHolders(samples, holders, nodes, random);
    }

    /// <summary>Splits each class evenly among the nodes that hold it.</summary>
    private static int[][] DealToHolders(ClassIndex samples, List<int>[] holders, int nodes, SeededRandom random)
    {
        int[][] sizes = new int[holders.Length][];
        for (int c = 0; c < holders.Length; c++)
        {
            sizes[c] = new int[nodes];
            int[] even = EvenSizes(samples.Classes[c].Length, holders[c].Count);
            for (int i = 0; i < even.Length; i++)
            {
                sizes[c][holders[c][i]] = even[i];
            }
        }

        return DealByClass(samples, sizes, nodes, random);
    }

    /// <summary>Gives every node a random selection of each class of the given <paramref name="sizes"/>, <c>[classes][nodes]</c>; ascending within a node.</summary>
    private static int[][] DealByClass(ClassIndex samples, int[][] sizes, int nodes, SeededRandom random)
    {
        List<int>[] dealt = [.. Enumerable.Range(0, nodes).Select(_ => new List<int>())];
        for (int c = 0; c < sizes.Length; c++)
        {
            int[][] parts = Cut(Shuffled(samples.Classes[c], random), sizes[c]);
            for (int node = 0; node < nodes; node++)
            {
                dealt[node].AddRange(parts[node]);
            }
        }

        return Array.ConvertAll(dealt, own => own.Order().ToArray());
    }

    /// <summary>
    /// Sizes from shares drawn from Dirichlet(<paramref name="alpha"/>), <c>[counts][nodes]</c>. Redrawn while a node has fewer than
    /// ten samples, or fewer than an equal share if that is less; the hundredth draw is final.
    /// </summary>
    private static int[][] DrawSizes(int[] counts, int nodes, double alpha, SeededRandom random)
    {
        int least = Math.Min(LeastSamples, counts.Sum() / nodes);
        for (int draw = 1; ; draw++)
        {
            int[][] sizes = Array.ConvertAll(counts, count => SizesOf(Dirichlet.Sample(random, alpha, nodes), count));
            if (draw == MostDraws || Enumerable.Range(0, nodes).All(node => sizes.Sum(s => s[node]) >= least))
            {
                return sizes;
            }
        }
    }

    /// <summary>
    /// Converts shares of a number to integers: the differences of the running sums, each rounded to nearest. (Rounding down, as in
    /// the literature's code, gives the remainder to the last node, and since the shares sum to 1 only up to the last bits, could
    /// lose a sample.)
    /// </summary>
    private static int[] SizesOf(double[] shares, int count)
    {
        int[] sizes = new int[shares.Length];
        double reached = 0;
        int start = 0;
        for (int i = 0; i < sizes.Length; i++)
        {
            reached += shares[i];
            int end = (int)((reached * count) + 0.5);
            sizes[i] = end - start;
            start = end;
        }

        return sizes;
    }

    /// <summary>Splits a number into parts that differ by at most one: part i, from 0, ends at <c>(i + 1) · count / parts</c>, rounded down.</summary>
    private static int[] EvenSizes(int count, int parts)
    {
        int[] sizes = new int[parts];
        for (int i = 0; i < parts; i++)
        {
            sizes[i] = (int)(((i + 1L) * count / parts) - ((long)i * count / parts));
        }

        return sizes;
    }

    private static int[][] Cut(ReadOnlySpan<int> items, int[] sizes)
    {
        int[][] parts = new int[sizes.Length][];
        int start = 0;
        for (int i = 0; i < sizes.Length; i++)
        {
            parts[i] = items.Slice(start, sizes[i]).ToArray();
            start += sizes[i];
        }

        return parts;
    }

    private static int[] Shuffled(IEnumerable<int> items, SeededRandom random)
    {
        int[] order = [.. items];
        random.Shuffle<int>(order);
        return order;
    }
}
