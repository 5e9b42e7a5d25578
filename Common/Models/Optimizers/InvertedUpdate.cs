namespace TraversalLearning.Models.Optimizers;

/// <summary>
/// The gradient of a step from θ before and after it: what everybody can compute who sees every θ from the first one on.
/// Keeps the optimizer's state from step to step, in float64. Exact up to the rounding of θ.
/// </summary>
public abstract class InvertedUpdate
{
    private readonly double _weightDecay;

    private InvertedUpdate(OptimizerSettings settings) => _weightDecay = settings.WeightDecay;

    /// <summary>The inverse of an optimizer; <see langword="null"/> for those that have none here.</summary>
    /// <param name="settings">The optimizer.</param>
    /// <param name="count">Elements of θ.</param>
    public static InvertedUpdate? Of(OptimizerSettings settings, long count)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return settings.Kind switch
        {
            OptimizerKind.Adadelta => new OfAdadelta(settings, count),
            OptimizerKind.Sgd => new OfSgd(settings, count),
            _ => null,
        };
    }

    /// <summary>∇θ of the next step; where the norm was clipped, a multiple of it.</summary>
    /// <param name="before">θ before the step.</param>
    /// <param name="after">θ after it.</param>
    /// <param name="learningRate">The step's learning rate.</param>
    public double[] Gradient(ReadOnlySpan<double> before, ReadOnlySpan<double> after, double learningRate)
    {
        double[] gradient = new double[before.Length];
        for (int i = 0; i < gradient.Length; i++)
        {
            gradient[i] = Invert(i, (before[i] - after[i]) / learningRate) - (_weightDecay * before[i]);
        }

        return gradient;
    }

    /// <summary>The gradient of one element, with its weight decay, from how far it moved.</summary>
    private protected abstract double Invert(int element, double moved);

    private sealed class OfAdadelta(OptimizerSettings settings, long count) : InvertedUpdate(settings)
    {
        private readonly double[] _squareAvg = new double[count];
        private readonly double[] _accDelta = new double[count];

        // moved² / (acc + ε) = g² / (ρ s + (1 − ρ) g² + ε), solved for g².
        private protected override double Invert(int element, double moved)
        {
            const double Rho = OptimizerSettings.Rho, Epsilon = OptimizerSettings.AdadeltaEpsilon;
            double kept = Rho * _squareAvg[element];
            double share = moved * moved / (_accDelta[element] + Epsilon);
            double square = share * (kept + Epsilon) / Math.Max(1 - (share * (1 - Rho)), double.Epsilon);
            _squareAvg[element] = kept + ((1 - Rho) * square);
            _accDelta[element] = (Rho * _accDelta[element]) + ((1 - Rho) * moved * moved);
            return Math.CopySign(Math.Sqrt(square), moved);
        }
    }

    private sealed class OfSgd(OptimizerSettings settings, long count) : InvertedUpdate(settings)
    {
        private readonly double _rate = settings.Momentum;
        private readonly bool _nesterov = settings.Nesterov;
        private readonly double[] _momentum = new double[count];

        private protected override double Invert(int element, double moved)
        {
            double kept = _rate * _momentum[element];
            double gradient = _nesterov ? (moved - (_rate * kept)) / (1 + _rate) : moved - kept;
            _momentum[element] = kept + gradient;
            return gradient;
        }
    }
}
