using System.Diagnostics;
using TraversalLearning.Hosting;

namespace TraversalLearning.Nodes;

/// <summary>Counts what the visits of the last epoch took, in all nodes of the process. It costs a visit a lock and a comparison.</summary>
internal sealed class NodeMeter
{
    private readonly Lock _lock = new();
    private int _epoch;
    private long _visits;
    private ProcessUsage _before;

    /// <summary>A forward pass of an epoch has been computed. The first of another epoch begins the count anew: the one before it paid for the compiler.</summary>
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

    /// <summary>What has been counted.</summary>
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

/// <summary>What a node's process took.</summary>
/// <param name="PeakMemoryBytes">The most that was ever resident.</param>
/// <param name="Visits">Forward passes of the last epoch.</param>
/// <param name="VisitAllocatedBytes">Managed memory that one of them, with its backward pass, allocated in the mean.</param>
/// <param name="VisitProcessorMilliseconds">What all threads spent of processors for one of them, in the mean, the system for them too.</param>
internal readonly record struct NodeFigures(long PeakMemoryBytes, long Visits, long VisitAllocatedBytes, double VisitProcessorMilliseconds);
