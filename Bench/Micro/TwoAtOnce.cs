using TraversalLearning.Benchmarks.Runs;
using static TorchSharp.torch;

namespace TraversalLearning.Benchmarks.Micro;

/// <summary>What a second processor is worth: caches, memory and the turbo are shared, and two virtual processors may be one core.</summary>
internal static class TwoAtOnce
{
    private const int Rounds = 3;

    /// <summary>
    /// How many times as long the first product of the mlp, <c>[64, 784]</c> by <c>[784, 256]</c> in float32, takes in one thread while another
    /// does the same as in one alone. 1: two processors are twice one.
    /// </summary>
    /// <param name="duration">For how long each of the two is measured, in all.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public static double Factor(TimeSpan duration, CancellationToken cancellationToken)
    {
        // In turn, so that what slows the machine down for a while slows both down.
        var ratios = new List<double>();
        for (int round = 0; round < Rounds; round++)
        {
            double alone = SecondsEach(duration / Rounds, cancellationToken);
            ratios.Add(WithAnother(duration / Rounds, cancellationToken) / alone);
        }

        return Spread.Of(ratios).Median;
    }

    private static double WithAnother(TimeSpan duration, CancellationToken cancellationToken)
    {
        using var enough = new CancellationTokenSource();
        using var begun = new ManualResetEventSlim();
        var other = new Thread(() => Repeat(begun, enough.Token)) { IsBackground = true };
        other.Start();
        try
        {
            begun.Wait(cancellationToken);
            return SecondsEach(duration, cancellationToken);
        }
        finally
        {
            enough.Cancel();
            other.Join();
        }
    }

    private static double SecondsEach(TimeSpan duration, CancellationToken cancellationToken)
    {
        using Tensor left = ones([64, 784]);
        using Tensor right = ones([784, 256]);
        return Throughput.SecondsEach(duration, () => left.mm(right).Dispose(), cancellationToken);
    }

    private static void Repeat(ManualResetEventSlim begun, CancellationToken enough)
    {
        using Tensor left = ones([64, 784]);
        using Tensor right = ones([784, 256]);
        while (!enough.IsCancellationRequested)
        {
            left.mm(right).Dispose();
            begun.Set();
        }
    }
}
