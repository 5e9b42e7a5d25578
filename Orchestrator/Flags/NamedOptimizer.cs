using System.Globalization;
using TraversalLearning.Models.Optimizers;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>An optimizer as <c>--optimizer</c> offers it.</summary>
/// <param name="Name">How it is called.</param>
/// <param name="Kind">Which.</param>
/// <param name="Parameters">Flags that it takes beside its learning rate.</param>
internal sealed record NamedOptimizer(string Name, OptimizerKind Kind, string Parameters)
{
    private const string Common = "weight_decay, clip_grad_norm";

    /// <summary>All there are; the first is the default of the command line.</summary>
    public static IReadOnlyList<NamedOptimizer> All { get; } =
    [
        new("adadelta", OptimizerKind.Adadelta, Common),
        new("sgd", OptimizerKind.Sgd, $"momentum, nesterov, {Common}"),
        new("adam", OptimizerKind.Adam, Common),
        new("adamw", OptimizerKind.AdamW, Common),
    ];

    /// <summary>What it takes, in a line.</summary>
    public string Help => string.Create(CultureInfo.InvariantCulture, $"lr: {new OptimizerSettings(Kind).EffectiveLearningRate} unless given; {Parameters}");
}
