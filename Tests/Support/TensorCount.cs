using System.Diagnostics;
using System.Runtime;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Support;

/// <summary>Counts the tensors that are alive, to find those that a step leaves behind.</summary>
internal static class TensorCount
{
    private const long Allowance = 100 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Tensors alive, after what earlier tests left to the finalizers has gone.</summary>
    public static long Settled()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Tensor.TotalCount;
    }

    /// <summary>Until it is disposed, no collection hides a tensor that only the finalizer frees.</summary>
    public static IDisposable WithoutCollections() => new NoCollections();

    /// <summary>After the first step, which may set things up, no further one leaves a tensor.</summary>
    public static void AssertSteady(Action<int> step, int steps = 20)
    {
        step(0);
        long after = Settled();
        using (WithoutCollections())
        {
            for (int i = 1; i <= steps; i++)
            {
                step(i);
            }

            Assert.That(Tensor.TotalCount, Is.EqualTo(after));
        }
    }

    /// <summary>Waits until no more than <paramref name="limit"/> tensors are alive: those of other threads may be on their way out.</summary>
    public static void AssertReaches(long limit)
    {
        long start = Stopwatch.GetTimestamp();
        SpinWait.SpinUntil(() => Tensor.TotalCount <= limit || Stopwatch.GetElapsedTime(start) > Patience);
        Assert.That(Tensor.TotalCount, Is.LessThanOrEqualTo(limit));
    }

    private sealed class NoCollections : IDisposable
    {
        public NoCollections() => Assert.That(GC.TryStartNoGCRegion(Allowance), Is.True);

        public void Dispose()
        {
            if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
            {
                GC.EndNoGCRegion();
            }
        }
    }
}
