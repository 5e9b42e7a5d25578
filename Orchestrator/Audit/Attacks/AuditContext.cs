using TraversalLearning.Models.Optimizers;
using TraversalLearning.Nodes;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>Facts of a run that are no secret: every attack may use them.</summary>
/// <param name="Setup">Model, loss, cut and normalisation, as every node is told.</param>
/// <param name="Optimizer">The optimizer.</param>
/// <param name="BatchSize">Rows of a batch.</param>
/// <param name="Seed">The run's seed.</param>
internal sealed record AuditContext(TrainingSetup Setup, OptimizerSettings Optimizer, int BatchSize, ulong Seed)
{
    /// <summary>Samples that an attacker has; <see langword="null"/> if there are none.</summary>
    public Candidates? Candidates { get; init; }

    /// <summary>The classes; <see langword="null"/> for numeric labels.</summary>
    public int? ClassCount => Setup.Loss.ClassesOf(Setup.Model);
}
