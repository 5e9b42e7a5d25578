using System.Diagnostics;
using TraversalLearning.Hosting;

namespace TraversalLearning.Nodes;

/// <summary>Resource use of the last epoch's visits, over all nodes of the process. Costs one lock and one comparison per visit.</summary>
internal sealed class NodeMeter
{
    private readonly Lock _lock = new();
    private int _epoch;
    private long _visits;
    private ProcessUsage _before;

    /// <summary>Counts a forward pass. The first of a new epoch resets the counters, so that the first epoch's JIT compilation is left out.</summary>
    public void VisitBegun(int epoch)
    {
        lock (_lock)
        {
            if (epoch != _epoch)
            {
                _epoch = epoch;
                _visits = 0;
                _before = ProcessUsage.Now;
            }

            _visits++;
        }
    }

    /// <summary>The current figures.</summary>
    public NodeFigures Read()
    {
        using var process = Process.GetCurrentProcess();
        lock (_lock)
        {
            if (_visits == 0)
            {
                return new NodeFigures(process.PeakWorkingSet64, 0, 0, 0);
            }

            ProcessUsage usage = ProcessUsage.Now - _before;
            return new NodeFigures(process.PeakWorkingSet64, _visits, usage.AllocatedBytes / _visits, usage.Processor.TotalMilliseconds / _visits);
        }
    }
}

/// <summary>Resource use of a node's process.</summary>
/// <param name="PeakMemoryBytes">Peak resident memory.</param>
/// <param name="Visits">Forward passes of the last epoch.</param>
/// <param name="VisitAllocatedBytes">Mean managed allocation of a visit: forward and backward pass.</param>
/// <param name="VisitProcessorMilliseconds">Mean processor time of a visit over all threads, system time included.</param>
internal readonly record struct NodeFigures(long PeakMemoryBytes, long Visits, long VisitAllocatedBytes, double VisitProcessorMilliseconds);
