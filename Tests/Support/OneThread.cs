using static TorchSharp.torch;

namespace TraversalLearning.Tests;

/// <summary>One thread for computation in the whole run: sums have one order, and small tensors are not slowed by a pool.</summary>
[SetUpFixture]
public sealed class OneThread
{
    [OneTimeSetUp]
    public void SetThreads() => set_num_threads(1);
}
