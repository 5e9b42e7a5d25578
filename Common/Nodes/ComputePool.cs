using TraversalLearning.Data;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using static TorchSharp.torch;

namespace TraversalLearning.Nodes;

/// <summary>
/// The <see cref="ComputeUnit"/>s of a process: one for each session that any of its nodes is in. That is one, but for the moments in which
/// some nodes have met the next orchestrator and others have not.
/// </summary>
/// <param name="samples">The samples of all nodes.</param>
/// <param name="device">Where to compute.</param>
/// <param name="shared">Whether there are several nodes.</param>
/// <param name="maxModelBytes">The most memory that a model may take.</param>
internal sealed class ComputePool(SampleSet samples, Device device, bool shared, long maxModelBytes)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Welcome, Entry> _entries = [];

    /// <summary>The samples of all nodes, as they were read.</summary>
    public SampleSet Samples => samples;

    /// <summary>What names a session: all that is in a welcome but what differs from node to node.</summary>
    public static Welcome KeyOf(Welcome welcome) => welcome with { Proof = null };

    /// <summary>The unit of a session, built if this is the first node that is in it. To be given back by <see cref="Leave"/>.</summary>
    /// <exception cref="ModelException">This version cannot compute what the orchestrator wants, or not with these samples.</exception>
    public ComputeUnit Join(Welcome key)
    {
        // Others wait while it is built: it is what they wait for.
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

    /// <summary>A node is not in the session any more; the last one to leave takes the unit with it.</summary>
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
