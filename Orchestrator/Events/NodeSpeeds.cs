namespace TraversalLearning.Orchestration.Events;

/// <summary>
/// Recent compute speed of each node, normalised by rows. Recent visits weigh more. A node is slow relative to the
/// median of the others. Not thread-safe.
/// </summary>
/// <param name="nodes">Number of nodes; ids start at 1.</param>
internal sealed class NodeSpeeds(int nodes)
{
    /// <summary>Multiple of the others' median from which a node counts as slow.</summary>
    public const double SlowFactor = 3;

    /// <summary>Multiple below which it no longer does.</summary>
    public const double RecoveredFactor = 2;

    /// <summary>Minimum number of visits before a node is judged.</summary>
    public const int MinVisits = 8;

    /// <summary>Consecutive judgements required, so that a briefly busy machine does not count as slow.</summary>
    public const int Judgements = 3;

    // Minimum excess over the median node: with few rows, a node's fixed overhead dominates.
    private const double MinExcessMicroseconds = 1000;

    // Factor by which a visit's weight decays with each later one.
    private const double Decay = 0.9;

    private readonly Speed[] _speeds = new Speed[nodes];

    /// <summary>Records a node's work.</summary>
    /// <param name="work">The node's work.</param>
    /// <param name="wait">How long the orchestrator waited for it.</param>
    public void Add(in NodeWork work, TimeSpan wait)
    {
        ref Speed speed = ref _speeds[work.NodeId - 1];
        if (work.Kind is WorkKind.Forward or WorkKind.Training or WorkKind.Turn)
        {
            speed.Visits++;
            speed.Rows += work.Rows;
            speed.Weight = (speed.Weight * Decay) + 1;
            speed.RecentRows = (speed.RecentRows * Decay) + work.Rows;
            speed.RecentMicroseconds *= Decay;
            speed.LastRows = work.Rows;
            speed.LastMicroseconds = 0;
        }

        speed.Microseconds += work.ComputeMicroseconds;
        speed.RecentMicroseconds += work.ComputeMicroseconds;
        speed.LastMicroseconds += work.ComputeMicroseconds;
        if (work.Kind != WorkKind.Turn)
        {
            double beside = Math.Max(0, wait.TotalMicroseconds - work.ComputeMicroseconds);
            speed.RoundTripMicroseconds = speed.HasRoundTrip ? speed.RoundTripMicroseconds + ((beside - speed.RoundTripMicroseconds) / 8) : beside;
            speed.HasRoundTrip = true;
        }
    }

    /// <summary>The measured speed of a node.</summary>
    public NodeSpeed this[int nodeId] => _speeds[nodeId - 1] is var s
        ? new NodeSpeed(
            s.Visits, s.Rows, TimeSpan.FromMicroseconds(s.Microseconds), s.Visits == 0 ? null : s.LastMicroseconds / 1e3, s.HasRoundTrip ? s.RoundTripMicroseconds / 1e3 : null, s.IsSlow)
        : default;

    /// <summary>Judges all nodes.</summary>
    /// <returns>The nodes that have become slow: milliseconds for the rows of their last visit at their own speed, and
    /// at the median of the others.</returns>
    public IReadOnlyList<(int NodeId, double Milliseconds, double MedianMilliseconds)> Judge()
    {
        int[] judged = [.. Enumerable.Range(0, _speeds.Length).Where(i => _speeds[i] is { Visits: >= MinVisits, RecentRows: > 0 }).OrderBy(i => _speeds[i].PerRow)];
        var slow = new List<(int, double, double)>();
        for (int place = 0; place < judged.Length && judged.Length > 1; place++)
        {
            ref Speed speed = ref _speeds[judged[place]];
            double median = MedianWithout(judged, place);
            double excess = (speed.RecentMicroseconds - (median * speed.RecentRows)) / speed.Weight;
            bool isOther = speed.IsSlow ? speed.PerRow < RecoveredFactor * median : speed.PerRow > SlowFactor * median && excess > MinExcessMicroseconds;
            speed.InARow = isOther ? speed.InARow + 1 : 0;
            if (speed.InARow < Judgements)
            {
                continue;
            }

            (speed.IsSlow, speed.InARow) = (!speed.IsSlow, 0);
            if (speed.IsSlow)
            {
                slow.Add((judged[place] + 1, speed.PerRow * speed.LastRows / 1e3, median * speed.LastRows / 1e3));
            }
        }

        return slow;
    }

    private double MedianWithout(int[] sorted, int place)
    {
        int others = sorted.Length - 1;
        return (At((others - 1) / 2) + At(others / 2)) / 2;

        double At(int index) => _speeds[sorted[index < place ? index : index + 1]].PerRow;
    }

    private struct Speed
    {
        public int Visits;
        public long Rows;
        public double Microseconds;
        public double Weight;
        public double RecentRows;
        public double RecentMicroseconds;
        public long LastRows;
        public double LastMicroseconds;
        public double RoundTripMicroseconds;
        public bool HasRoundTrip;
        public bool IsSlow;
        public int InARow;

        public readonly double PerRow => RecentMicroseconds / RecentRows;
    }
}

/// <summary>A node's work in this part of the run.</summary>
/// <param name="Visits">Number of visits or local trainings.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Compute">Compute time as reported by the node.</param>
/// <param name="LastComputeMilliseconds">Compute time of its last visit; <see langword="null"/> before the
/// first.</param>
/// <param name="RoundTripMilliseconds">Recent time of a request beyond its computation: network in both directions,
/// encoding, waiting for a processor.</param>
/// <param name="IsSlow">Whether it is much slower than the others.</param>
internal readonly record struct NodeSpeed(
    int Visits, long Rows, TimeSpan Compute, double? LastComputeMilliseconds, double? RoundTripMilliseconds, bool IsSlow);
