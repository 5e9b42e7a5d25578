using System.CommandLine;

namespace TraversalLearning.Hosting;

/// <summary>The flags for device and threads; the same in every command that computes.</summary>
public sealed class ComputeFlags
{
    /// <summary>The device's name.</summary>
    public Flag<string> Device { get; } = Flag.Text("--device", "where to compute", "auto", "auto|cpu|cuda[:n]");

    /// <summary>Whether to use the CPU even if an accelerator is available.</summary>
    public Flag<bool> NoAccelerator { get; } = Flag.Switch("--no-accel", "stay on the CPU");

    /// <summary>Threads for computation; 0 for all cores.</summary>
    public Flag<int> Threads { get; } = Flag.Int(
        "--threads", "threads for computation; 0 for all cores ([threads](training.md#threads))", 0, min: 0, max: LibTorch.MaxThreads);

    /// <summary>The options to add to a command.</summary>
    public IReadOnlyList<Option> Options => [Device.Option, NoAccelerator.Option, Threads.Option];
}
