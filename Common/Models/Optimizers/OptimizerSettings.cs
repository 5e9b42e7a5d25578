using TraversalLearning.Models.Parameters;
using static TorchSharp.torch;

namespace TraversalLearning.Models.Optimizers;

/// <summary>The optimizers, all elementwise, so that one step over the flat θ is the same arithmetic as one for each parameter.</summary>
public enum OptimizerKind
{
    /// <summary>Zeiler 2012; the default, as in the Python system.</summary>
    Adadelta,

    /// <summary>Stochastic gradient descent, with momentum and Nesterov's variant where asked.</summary>
    Sgd,

    /// <summary>Kingma and Ba 2014.</summary>
    Adam,

    /// <summary>Loshchilov and Hutter 2017; weight decay apart from the gradient.</summary>
    AdamW,
}

/// <summary>An optimizer and its schedule, named and defaulted as in PyTorch.</summary>
/// <param name="Kind">Which.</param>
/// <param name="LearningRate">lr; <see langword="null"/> for the kind's default (1.0, 0.01, 0.001, 0.001).</param>
/// <param name="Momentum">SGD only.</param>
/// <param name="Nesterov">SGD only.</param>
/// <param name="WeightDecay">For every kind.</param>
/// <param name="ClipGradNorm">The longest that ∇θ may be, as one vector; 0 for any length.</param>
public sealed record OptimizerSettings(
    OptimizerKind Kind = OptimizerKind.Adadelta,
    double? LearningRate = null,
    double Momentum = 0,
    bool Nesterov = false,
    double WeightDecay = 0,
    double ClipGradNorm = 0)
{
    /// <summary>Adadelta: decay of its averages. PyTorch's default, as are the others.</summary>
    internal const double Rho = 0.9;

    /// <summary>Adadelta: keeps its quotient finite.</summary>
    internal const double AdadeltaEpsilon = 1e-6;

    /// <summary>Adam and AdamW: decay of the first moment.</summary>
    internal const double Beta1 = 0.9;

    /// <summary>Adam and AdamW: decay of the second moment.</summary>
    internal const double Beta2 = 0.999;

    /// <summary>Adam and AdamW: keeps the quotient finite.</summary>
    internal const double AdamEpsilon = 1e-8;

    /// <summary>How lr changes with the epochs.</summary>
    public ScheduleSettings Schedule { get; init; } = new();

    /// <summary>lr, or the kind's default.</summary>
    public double EffectiveLearningRate => LearningRate ?? Kind switch
    {
        OptimizerKind.Adadelta => 1.0,
        OptimizerKind.Sgd => 0.01,
        _ => 0.001,
    };

    /// <summary>Makes the optimizer over θ.</summary>
    public optim.Optimizer Create(FlatParameters parameters)
    {
        TorchSharp.Modules.Parameter[] flat = [parameters.ForOptimizer()];
        double lr = EffectiveLearningRate;
        return Kind switch
        {
            OptimizerKind.Adadelta => optim.Adadelta(flat, lr, Rho, AdadeltaEpsilon, WeightDecay),
            OptimizerKind.Sgd => optim.SGD(flat, lr, Momentum, weight_decay: WeightDecay, nesterov: Nesterov),
            OptimizerKind.Adam => optim.Adam(flat, lr, Beta1, Beta2, AdamEpsilon, WeightDecay),
            OptimizerKind.AdamW => optim.AdamW(flat, lr, Beta1, Beta2, AdamEpsilon, WeightDecay),
            _ => throw new ArgumentOutOfRangeException(nameof(parameters), Kind, "not an optimizer"),
        };
    }
}
