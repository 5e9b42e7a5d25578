namespace TraversalLearning.Data.Partitions;

/// <summary>
/// The rules of the partitioners (docs/reference/partitions.md). What they draw, and in which order, is part of the rule: a node on another machine, or in another
/// language, must come to the same samples.
/// </summary>
internal static class DealingRules
{
    // As in the code of NIID-Bench (Li et al. 2022), which draws for ever.
    private const int LeastSamples = 10;
    private const int MostDraws = 100;

    /// <summary>Sample j to node j mod N.</summary>
    public static int[][] RoundRobin(ClassIndex samples, int nodes, double parameter, SeededRandom random)
    {
        (int rounds, int rest) = Math.DivRem(samples.Count, nodes);
        return [.. Enumerable.Range(0, nodes).Select(
            node => Enumerable.Range(0, rounds + (node < rest ? 1 : 0)).Select(round => (round * nodes) + node).ToArray())];
    }

    /// <summary>A permutation, cut into runs whose lengths differ by one at most.</summary>
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
    /// Each class by shares of its own, drawn from Dirichlet(<paramref name="parameter"/>) (Yurochkin et al. 2019; Li et al. 2022, "label skew").
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

    /// <summary>Classes to nodes in turn, until every node has one and every class a node: one to each where there are nodes enough.</summary>
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
    /// k classes to each node, at random among those that the fewest nodes have yet, so that no class has two nodes more than another
    /// (the aim of "#C = k" in Li et al. 2022, where the draw may leave classes out). With N·k below the number of classes, as many as are needed.
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

    /// <summary>Each class evenly to those who hold it.</summary>
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

    /// <summary>To every node as many samples of each class as <paramref name="sizes"/> say, <c>[classes][nodes]</c>, at random; a node's in ascending order.</summary>
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
    /// Sizes by shares drawn from Dirichlet(<paramref name="alpha"/>), <c>[counts][nodes]</c>. They are drawn anew while a node has less than ten
    /// samples, or less than an equal share where that is fewer; the hundredth draw stands in any case.
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
    /// Shares of a number as whole numbers: the differences of their running sums, each rounded to the nearest. (Rounded down, as in the literature's code,
    /// what is lost goes to the last node, and the sum of all shares, 1 but for its last bits, might lose a sample.)
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

    /// <summary>A number in parts that differ by one at most: part i, from 0, ends at <c>(i + 1) · count / parts</c>, rounded down.</summary>
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
