using TraversalLearning.Data;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>
/// The <see cref="ComputeUnit"/>s of a process, one per session. There is one session at a time, except while some nodes
/// have already connected to the next orchestrator and others have not.
/// </summary>
/// <param name="samples">The samples of all nodes.</param>
/// <param name="device">Device to compute on.</param>
/// <param name="shared">Whether several nodes share a unit.</param>
/// <param name="maxModelBytes">Memory limit for a model.</param>
internal sealed class ComputePool(SampleSet samples, Device device, bool shared, long maxModelBytes)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Welcome, Entry> _entries = [];

    /// <summary>The samples of all nodes, as read.</summary>
    public SampleSet Samples => samples;

    /// <summary>The key of a session: the welcome without the fields that differ between nodes.</summary>
    public static Welcome KeyOf(Welcome welcome) => welcome with { Proof = null };

    /// <summary>The unit of a session, created for its first node. Release it with <see cref="Leave"/>.</summary>
    /// <exception cref="ModelException">This version does not support the requested training, or not with these samples.</exception>
    public ComputeUnit Join(Welcome key)
    {
        // The other nodes block while the unit is built; they need it anyway.
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out Entry? entry))
            {
                entry = new Entry(new ComputeUnit(TrainingSetup.From(key), samples, device, shared, maxModelBytes));
                _entries.Add(key, entry);
            }

            entry.Users++;
            return entry.Unit;
        }
    }

    /// <summary>Releases a node's use of the session's unit; the last node disposes it.</summary>
    public void Leave(Welcome key)
    {
        lock (_lock)
        {
            if (--_entries[key].Users == 0)
            {
                _entries.Remove(key, out Entry? entry);
                entry!.Unit.Dispose();
            }
        }
    }

    private sealed class Entry(ComputeUnit unit)
    {
        public ComputeUnit Unit { get; } = unit;

        public int Users { get; set; }
    }
}
