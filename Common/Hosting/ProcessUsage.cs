using System.Diagnostics;

namespace TraversalLearning.Hosting;

/// <summary>What this process has taken since it began, or between two moments.</summary>
/// <param name="AllocatedBytes">Managed memory allocated, given back or not.</param>
/// <param name="Processor">What all threads spent of processors, the system's work for them too.</param>
public readonly record struct ProcessUsage(long AllocatedBytes, TimeSpan Processor)
{
    /// <summary>Since it began.</summary>
    public static ProcessUsage Now => new(GC.GetTotalAllocatedBytes(precise: true), Environment.CpuUsage.TotalTime);

    /// <summary>The most memory that was resident since it began.</summary>
    public static long PeakMemoryBytes
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return process.PeakWorkingSet64;
        }
    }

    /// <summary>Between two moments.</summary>
    public static ProcessUsage operator -(ProcessUsage later, ProcessUsage earlier) =>
        new(later.AllocatedBytes - earlier.AllocatedBytes, later.Processor - earlier.Processor);
}
