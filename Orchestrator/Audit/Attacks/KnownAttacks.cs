namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>The attacks that an audit runs, in the order of its tables.</summary>
internal static class KnownAttacks
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<IAttack> All { get; } =
    [
        new LabelsFromLogitGradients(),
        new Grouping(Grouping.Source.LogitGradients),
        new Grouping(Grouping.Source.ActivationGradients),
        new ClassCounts(),
        new LeastSquares(ofBatch: false),
        new LeastSquares(ofBatch: true),
        new ActivationsOverEpochs(),
        new SingleUnits(ofBatch: false),
        new SingleUnits(ofBatch: true),
        new GradientInversion(),
        new Membership(),
        new Noise(),
    ];
}
