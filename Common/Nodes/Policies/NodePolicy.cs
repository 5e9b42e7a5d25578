using TraversalLearning.Data.Tables;

namespace TraversalLearning.Nodes.Policies;

/// <summary>
/// What a node agrees to take part in; everything else it refuses. A limit that is <see langword="null"/> does not apply.
/// <see cref="PolicyFile"/> reads one from a file; docs/reference/policy.md describes the keys.
/// </summary>
public sealed record NodePolicy
{
    /// <summary>With two nodes in a blind sum, each knows the other's gradient by subtraction.</summary>
    public const int DefaultBlindNodes = 3;

    /// <summary>The policy of a node without a file: everything but the model of a blind run, which no orchestrator gets.</summary>
    public static NodePolicy Default { get; } = new();

    /// <summary>The policy of nodes on the orchestrator's own machine, for trials: everything.</summary>
    public static NodePolicy Permissive { get; } = new() { AllowsReveal = true, MinNodes = 1 };

    /// <summary>Names of which the orchestrator's certificate must have one.</summary>
    public IReadOnlyList<string>? Orchestrators { get; init; }

    /// <summary>The hours of the day, by the clock of the node's machine.</summary>
    public HoursOfDay? Hours { get; init; }

    /// <summary>Methods, without parameters: <c>tl</c>, <c>fedavg</c>.</summary>
    public IReadOnlyList<string>? Algorithms { get; init; }

    /// <summary>Exchanges of traversal learning: <c>two_phase</c>, <c>blind</c>.</summary>
    public IReadOnlyList<string>? Exchanges { get; init; }

    /// <summary>Whether the orchestrator may get the model of a blind run at its end, if all nodes agree.</summary>
    public bool AllowsReveal { get; init; }

    /// <summary>Fewest rows of a batch, over all nodes.</summary>
    public int? MinBatch { get; init; }

    /// <summary>Fewest nodes: with rows in a batch of a blind run, in a run of another kind.</summary>
    public int? MinNodes { get; init; }

    /// <summary>Fewest layers on the node's side of the cut.</summary>
    public int? MinCut { get; init; }

    /// <summary>Most rows of this node behind one message that is not masked.</summary>
    public int? MaxRowsAlone { get; init; }

    /// <summary>Most parameters of a model.</summary>
    public long? MaxParameters { get; init; }

    /// <summary>Most memory that a model may take, in bytes.</summary>
    public long? MaxModelBytes { get; init; }

    /// <summary>Most passes over the node's samples in a run.</summary>
    public int? MaxEpochs { get; init; }

    /// <summary>Most rounds of a method in which the node trains by itself.</summary>
    public int? MaxRounds { get; init; }

    /// <summary>Most visits of one sample in a run, repeated ones counted.</summary>
    public int? MaxVisits { get; init; }

    /// <summary>Most bytes that leave in a run.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>Most runs that begin on one day.</summary>
    public int? MaxRunsPerDay { get; init; }

    /// <summary>What the node tells of its table, and of the range of other samples.</summary>
    public TellRules Tables { get; init; } = TellRules.Everything;

    /// <summary>Fewest nodes with rows in a batch of a blind run.</summary>
    public int BlindNodes => MinNodes ?? DefaultBlindNodes;

    /// <summary>
    /// Visits of one sample in a run, with what follows from <see cref="MaxEpochs"/>: an orchestrator that names an epoch twice is
    /// not told from one that repeats a step after a fault, so both are allowed once for each epoch, and three times more.
    /// </summary>
    public int? VisitLimit => MaxVisits ?? (MaxEpochs is { } epochs ? (int)Math.Min((2L * epochs) + 3, int.MaxValue) : null);
}
