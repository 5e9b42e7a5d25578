using System.Globalization;
using TraversalLearning.Models.Optimizers;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>An optimizer as offered by <c>--optimizer</c>.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Kind">The optimizer.</param>
/// <param name="Parameters">The flags that it accepts besides the learning rate.</param>
internal sealed record NamedOptimizer(string Name, OptimizerKind Kind, string Parameters)
{
    private const string Common = "weight_decay, clip_grad_norm";

    /// <summary>All optimizers; the first is the default on the command line.</summary>
    public static IReadOnlyList<NamedOptimizer> All { get; } =
    [
        new("adadelta", OptimizerKind.Adadelta, Common),
        new("sgd", OptimizerKind.Sgd, $"momentum, nesterov, {Common}"),
        new("adam", OptimizerKind.Adam, Common),
        new("adamw", OptimizerKind.AdamW, Common),
    ];

    /// <summary>Its parameters on one line.</summary>
    public string Help => string.Create(CultureInfo.InvariantCulture, $"lr: {new OptimizerSettings(Kind).EffectiveLearningRate} unless given; {Parameters}");
}
