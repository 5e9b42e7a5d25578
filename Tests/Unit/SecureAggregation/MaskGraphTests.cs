using TraversalLearning.SecureAggregation;

namespace TraversalLearning.Tests.Unit.SecureAggregation;

/// <summary>Who shares masks with whom.</summary>
public sealed class MaskGraphTests
{
    [Test]
    public void It_is_symmetric_regular_and_connected([Values(2, 3, 5, 6, 7, 16, 20, 100)] int nodes, [Values(0, 1, 2, 3, 4, 5, 16)] int neighbours)
    {
        int[] ids = [.. Enumerable.Range(0, nodes).Select(i => i * 2)];
        var graph = new MaskGraph(ids, [1, 2, 3]);
        int degree = MaskGraph.Degree(nodes, neighbours);
        Dictionary<int, int[]> edges = ids.ToDictionary(i => i, i => graph.NeighboursOf(i, ids, degree));
        int even = (neighbours + 1) / 2 * 2;
        int expected = even == 0 || nodes <= even + 1 ? nodes - 1 : even;
        foreach (int id in ids)
        {
            Assert.That(edges[id], Has.Length.EqualTo(expected).And.Unique.And.No.Member(id));
            Assert.That(edges[id].All(other => edges[other].Contains(id)), Is.True);
        }

        Assert.That(Reached(edges, ids[0]), Is.EquivalentTo(ids));
    }

    [Test]
    public void It_is_another_in_another_key_epoch()
    {
        int[] ids = [.. Enumerable.Range(0, 50)];
        Assert.That(Edges([1]), Is.Not.EqualTo(Edges([2])));

        int[][] Edges(byte[] transcript) => [.. ids.Select(i => new MaskGraph(ids, transcript).NeighboursOf(i, ids, 4))];
    }

    private static HashSet<int> Reached(Dictionary<int, int[]> edges, int start)
    {
        var reached = new HashSet<int> { start };
        var next = new Queue<int>(reached);
        while (next.TryDequeue(out int id))
        {
            foreach (int other in edges[id].Where(reached.Add))
            {
                next.Enqueue(other);
            }
        }

        return reached;
    }
}
