namespace TraversalLearning.Benchmarks.Runs;

/// <summary>What stands under a step of traversal learning, whatever moves its tensors; in milliseconds a step.</summary>
/// <param name="Bytes">Its bytes over bare sockets, nothing computed.</param>
/// <param name="Work">What is computed, one after the other in one thread, nothing sent.</param>
internal readonly record struct FloorFigures(double Bytes, double Work)
{
    /// <summary>
    /// The work, spread over the processors that there are as if no part of it had to wait for another: among the nodes and the orchestrator.
    /// </summary>
    /// <param name="nodes">How many nodes compute.</param>
    /// <param name="processors">Of the machine.</param>
    /// <param name="twoAtOnce">How many times as long the same takes while another thread computes.</param>
    public double SpreadWork(int nodes, int processors, double twoAtOnce) =>
        Shares(nodes, processors) is > 1 and int share ? Work / share * twoAtOnce : Work;

    /// <summary>The bare step, if it kept every processor that it can use busy from beginning to end.</summary>
    /// <param name="bareProcessor">What it spends of processors, all threads together.</param>
    /// <param name="nodes">How many nodes compute.</param>
    /// <param name="processors">Of the machine.</param>
    public static double FullBareStep(double bareProcessor, int nodes, int processors) => bareProcessor / Shares(nodes, processors);

    private static int Shares(int nodes, int processors) => Math.Min(processors, nodes + 1);
}
