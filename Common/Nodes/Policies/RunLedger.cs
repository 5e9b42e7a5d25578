
namespace TraversalLearning.Nodes.Policies;

/// <summary>What a node has done in one run, counted against its policy.</summary>
internal sealed class RunLedger
{
    /// <summary>When the run began here.</summary>
    public required DateTimeOffset Began { get; init; }

    /// <summary>Bytes that have left.</summary>
    public long Bytes { get; set; }

    /// <summary>Passes over the node's samples in rounds that the node did by itself.</summary>
    public long Passes { get; set; }

    /// <summary>Number of rounds that the node did by itself.</summary>
    public int Rounds { get; set; }

    /// <summary>The last of these rounds: a repetition of it is not counted.</summary>
    public (int Epoch, int Batch) LastRound { get; set; }

    /// <summary>Visits of each sample.</summary>
    public int[] Visits { get; set; } = [];

    /// <summary>Whether the run began on the day of a time, by that time's clock.</summary>
    public bool BeganOn(DateTimeOffset time) => Began.ToOffset(time.Offset).Date == time.Date;
}
