using TorchSharp;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>Groups rows by direction: k-means on the unit sphere, the best of several starts.</summary>
internal static class KMeans
{
    private const int Starts = 20;
    private const int Iterations = 50;

    /// <summary>The group of each row.</summary>
    /// <param name="rows"><c>[n, d]</c>, float64.</param>
    /// <param name="groups">Number of groups.</param>
    /// <param name="seed">Seed of the starts.</param>
    public static int[] Of(Tensor rows, int groups, ulong seed)
    {
        Tensor unit = rows.div(rows.norm(1).unsqueeze(1).clamp_min(1e-300));
        var random = Data.SeededRandom.ForStream(seed, (ulong)unit.shape[0]);
        (double Similarity, long[] Groups) best = (double.NegativeInfinity, []);
        for (int start = 0; start < Starts; start++)
        {
            using DisposeScope scope = NewDisposeScope();
            (double Similarity, long[] Groups) found = From(unit, Scattered(unit, groups, random));
            best = found.Similarity > best.Similarity ? found : best;
        }

        return Array.ConvertAll(best.Groups, g => (int)g);
    }

    /// <summary>Rows to start from, each as unlike those before it as there is: k-means++ with the farthest row.</summary>
    private static Tensor Scattered(Tensor unit, int groups, Data.SeededRandom random)
    {
        int count = (int)unit.shape[0];
        var chosen = new List<long> { random.Next(count) };
        while (chosen.Count < Math.Min(groups, count))
        {
            double[] distance = (1 - unit.mm(unit[tensor(chosen.ToArray())].t()).max(1).values).clamp_min(0).data<double>().ToArray();
            double at = random.NextDouble() * distance.Sum();
            int next = Array.FindIndex(distance, d => (at -= d) < 0);
            chosen.Add(next < 0 ? random.Next(count) : next);
        }

        return unit[tensor(chosen.ToArray())];
    }

    private static (double Similarity, long[] Groups) From(Tensor unit, Tensor centres)
    {
        long[] groups = [];
        double similarity = 0;
        for (int i = 0; i < Iterations; i++)
        {
            (Tensor nearest, Tensor index) = unit.mm(centres.t()).max(1);
            similarity = nearest.sum().ToDouble();
            long[] now = index.data<long>().ToArray();
            if (now.SequenceEqual(groups))
            {
                break;
            }

            groups = now;
            Tensor members = index.unsqueeze(1).eq(arange(centres.shape[0])).to(ScalarType.Float64);
            Tensor sums = members.t().mm(unit);
            Tensor length = sums.norm(1).unsqueeze(1);
            centres = where(length.gt(0), sums.div(length.clamp_min(1e-300)), centres);
        }

        return (similarity, groups);
    }
}
