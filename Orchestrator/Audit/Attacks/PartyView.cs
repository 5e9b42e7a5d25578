using TraversalLearning.Messages;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>What one party saw of a run, and nothing else.</summary>
internal sealed class PartyView
{
    private readonly Dictionary<StepId, SeenVisit[]> _visits;

    /// <summary>Creates the view.</summary>
    /// <param name="name">The party.</param>
    /// <param name="steps">The audited steps, in order.</param>
    /// <param name="frames">The frames that the party can read: of these steps, and of later visits to some samples.</param>
    public PartyView(string name, IReadOnlyList<StepId> steps, IReadOnlyList<SeenFrame> frames)
    {
        Name = name;
        Steps = steps;
        Frames = frames;
        _visits = Frames
            .GroupBy(f => (Step: f.Step with { Attempt = 0 }, f.NodeId))
            .Select(g => new SeenVisit(g.Key.Step, g.Key.NodeId, [.. g]))
            .GroupBy(v => v.Step)
            .ToDictionary(g => g.Key, g => g.OrderBy(v => v.NodeId).ToArray());
    }

    /// <summary>The party.</summary>
    public string Name { get; }

    /// <summary>The audited steps, in order.</summary>
    public IReadOnlyList<StepId> Steps { get; }

    /// <summary>The frames that the party can read.</summary>
    public IReadOnlyList<SeenFrame> Frames { get; }

    /// <summary>
    /// Gradients of all θ that the party knows: from two θ that it saw, or because its own state has them.
    /// </summary>
    public IReadOnlyList<SummedGradient> SummedGradients { get; init; } = [];

    /// <summary>The last θ that the party knows, flat; <see langword="null"/> if it knows none.</summary>
    public double[]? LastParameters { get; init; }

    /// <summary>The bytes that nodes sent, as they crossed the network; for a party that cannot read frames.</summary>
    public ReadOnlyMemory<byte> Wire { get; init; }

    /// <summary>The node that is, or belongs to, the party; its samples are no secret from it.</summary>
    public int? OwnNode { get; init; }

    /// <summary>Whether another party has the same to go by, so that attacks get the same from it.</summary>
    public bool KnowsTheSameAs(PartyView other) =>
        ReferenceEquals(Frames, other.Frames)
        && ReferenceEquals(SummedGradients, other.SummedGradients)
        && ReferenceEquals(LastParameters, other.LastParameters)
        && Wire.Equals(other.Wire)
        && OwnNode == other.OwnNode;

    /// <summary>The visits of a step that the party saw, by node.</summary>
    public IReadOnlyList<SeenVisit> VisitsAt(StepId step) => _visits.GetValueOrDefault(step) ?? [];

    /// <summary>All visits that the party saw, also those of other steps, in the order of time.</summary>
    public IEnumerable<SeenVisit> AllVisits => _visits.OrderBy(v => (v.Key.Epoch, v.Key.Batch)).SelectMany(v => v.Value);

    /// <summary>θ before a step, flat <c>[P]</c>, or <c>[P_N]</c> if only that was sent, in the current dispose scope.</summary>
    public Tensor? ParametersAt(StepId step) =>
        SummedGradients.FirstOrDefault(g => g.Step == step) is { } known
            ? tensor(known.Parameters)
            : VisitsAt(step).Select(v => v.Parameters).FirstOrDefault(p => p is not null);
}
