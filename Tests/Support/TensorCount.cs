using static TorchSharp.torch;

namespace TraversalLearning.Tests.Support;

/// <summary>Counts the tensors that are alive, to find those that a step leaves behind.</summary>
internal static class TensorCount
{
    /// <summary>Tensors alive, after what earlier tests left to the finalizers has gone.</summary>
    public static long Settled()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return Tensor.TotalCount;
    }

    /// <summary>After the first step, which may set things up, no further one leaves a tensor, not even to the finalizers.</summary>
    public static void AssertSteady(Action<int> step, int steps = 20)
    {
        step(0);
        long after = Settled();
        for (int i = 1; i <= steps; i++)
        {
            step(i);
        }

        Assert.That(Tensor.TotalCount, Is.EqualTo(after));
    }
}
