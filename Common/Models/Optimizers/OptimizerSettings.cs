using TraversalLearning.Models.Parameters;
using static TorchSharp.torch;

namespace TraversalLearning.Models.Optimizers;

/// <summary>The optimizers. All are elementwise, so a step over the flat θ equals one step per parameter.</summary>
public enum OptimizerKind
{
    /// <summary>Zeiler 2012; the default, as in the Python system.</summary>
    Adadelta,

    /// <summary>Stochastic gradient descent, optionally with momentum and Nesterov's variant.</summary>
    Sgd,

    /// <summary>Kingma and Ba 2014.</summary>
    Adam,

    /// <summary>Loshchilov and Hutter 2017: weight decay decoupled from the gradient.</summary>
    AdamW,
}

/// <summary>An optimizer and its schedule, with PyTorch's names and defaults.</summary>
/// <param name="Kind">The optimizer.</param>
/// <param name="LearningRate">lr; <see langword="null"/> for the kind's default (1.0, 0.01, 0.001, 0.001).</param>
/// <param name="Momentum">SGD only.</param>
/// <param name="Nesterov">SGD only.</param>
/// <param name="WeightDecay">All kinds.</param>
/// <param name="ClipGradNorm">Maximum norm of ∇θ as one vector; 0 to disable clipping.</param>
public sealed record OptimizerSettings(
    OptimizerKind Kind = OptimizerKind.Adadelta,
    double? LearningRate = null,
    double Momentum = 0,
    bool Nesterov = false,
    double WeightDecay = 0,
    double ClipGradNorm = 0)
{
    /// <summary>Adadelta: decay of the averages. PyTorch's default, like the others.</summary>
    internal const double Rho = 0.9;

    /// <summary>Adadelta: added to the denominator.</summary>
    internal const double AdadeltaEpsilon = 1e-6;

    /// <summary>Adam and AdamW: decay of the first moment.</summary>
    internal const double Beta1 = 0.9;

    /// <summary>Adam and AdamW: decay of the second moment.</summary>
    internal const double Beta2 = 0.999;

    /// <summary>Adam and AdamW: added to the denominator.</summary>
    internal const double AdamEpsilon = 1e-8;

    /// <summary>Learning-rate schedule.</summary>
    public ScheduleSettings Schedule { get; init; } = new();

    /// <summary>lr, or the kind's default.</summary>
    public double EffectiveLearningRate => LearningRate ?? Kind switch
    {
        OptimizerKind.Adadelta => 1.0,
        OptimizerKind.Sgd => 0.01,
        _ => 0.001,
    };

    /// <summary>Creates the optimizer over θ.</summary>
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
