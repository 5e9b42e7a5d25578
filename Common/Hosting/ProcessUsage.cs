using System.Diagnostics;

namespace TraversalLearning.Hosting;

/// <summary>Resource use of this process since its start, or between two points in time.</summary>
/// <param name="AllocatedBytes">Managed memory allocated, whether or not it was freed.</param>
/// <param name="Processor">Processor time of all threads, user and system.</param>
public readonly record struct ProcessUsage(long AllocatedBytes, TimeSpan Processor)
{
    /// <summary>Resource use since the start.</summary>
    public static ProcessUsage Now => new(GC.GetTotalAllocatedBytes(precise: true), Environment.CpuUsage.TotalTime);

    /// <summary>Peak resident memory since the start.</summary>
    public static long PeakMemoryBytes
    {
        get
        {
            using var process = Process.GetCurrentProcess();
            return process.PeakWorkingSet64;
        }
    }

    /// <summary>Resource use between two points in time.</summary>
    public static ProcessUsage operator -(ProcessUsage later, ProcessUsage earlier) =>
        new(later.AllocatedBytes - earlier.AllocatedBytes, later.Processor - earlier.Processor);
}
