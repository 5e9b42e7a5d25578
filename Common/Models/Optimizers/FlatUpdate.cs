using System.Numerics;
using System.Runtime.InteropServices;
using TorchSharp.Modules;
using TraversalLearning.Models.Parameters;
using static TorchSharp.torch;

namespace TraversalLearning.Models.Optimizers;

/// <summary>
/// One optimizer step on the flat θ. On the CPU, Adadelta, Adam and AdamW take one pass over memory; on other devices, and for
/// SGD, which is a single pass already, TorchSharp's own step runs. State and arithmetic are TorchSharp's in either case.
/// </summary>
public sealed class FlatUpdate
{
    private readonly optim.Optimizer _optimizer;
    private readonly OptimizerSettings _settings;
    private readonly FlatParameters _parameters;
    private readonly OptimizerState? _state;

    /// <summary>Prepares steps of <paramref name="optimizer"/>.</summary>
    /// <param name="optimizer">Made by <paramref name="settings"/> over <paramref name="parameters"/>.</param>
    /// <param name="settings">The optimizer's settings.</param>
    /// <param name="parameters">θ and all of ∇θ.</param>
    public FlatUpdate(optim.Optimizer optimizer, OptimizerSettings settings, FlatParameters parameters)
    {
        _optimizer = optimizer;
        _settings = settings;
        _parameters = parameters;
        bool onePass = parameters.OnHost && settings.Kind != OptimizerKind.Sgd;
        _state = onePass ? OptimizerMemory.StateOf(optimizer) : null;
    }

    /// <summary>Updates θ from ∇θ, after clipping if enabled.</summary>
    public void Step()
    {
        if (_settings.ClipGradNorm > 0)
        {
            // ∇θ is clipped as one vector: the gradient of the pooled batch.
            nn.utils.clip_grad_norm_([_parameters.ForOptimizer()], _settings.ClipGradNorm);
        }

        if (_state is null)
        {
            using (NewDisposeScope())
            {
                _optimizer.step();
            }
        }
        else if (_parameters.Values.dtype == ScalarType.Float64)
        {
            Step<double>(_state);
        }
        else
        {
            Step<float>(_state);
        }
    }

    private static Span<T> Elements<T>(Tensor tensor)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(tensor.bytes);

    private static double Correction(double beta, long step) => 1 - Math.Pow(beta, step);

    private void Step<T>(OptimizerState optimizerState)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double lr = _optimizer.ParamGroups.First().LearningRate;
        Span<T> values = MemoryMarshal.Cast<byte, T>(_parameters.ValueBytes.Span);
        ReadOnlySpan<T> gradient = MemoryMarshal.Cast<byte, T>(_parameters.HostGradient.Memory.Span);
        switch (optimizerState)
        {
            case Adadelta.State s:
                s.step++;
                FusedOptimizers.Adadelta(
                    values, gradient, Elements<T>(s.square_avg), Elements<T>(s.acc_delta), lr, OptimizerSettings.Rho, OptimizerSettings.AdadeltaEpsilon, _settings.WeightDecay);
                break;
            case Adam.State s:
                FusedOptimizers.Adam(values, gradient, Elements<T>(s.exp_avg), Elements<T>(s.exp_avg_sq), Coefficients(lr, ++s.step, _settings.WeightDecay), shrink: 1);
                break;
            case AdamW.State s:
                FusedOptimizers.Adam(
                    values, gradient, Elements<T>(s.exp_avg), Elements<T>(s.exp_avg_sq), Coefficients(lr, ++s.step, weightDecay: 0), 1 - (lr * _settings.WeightDecay));
                break;
            default:
                throw new InvalidOperationException($"no one-pass step with {optimizerState.GetType()}");
        }
    }

    private static AdamCoefficients Coefficients(double lr, long step, double weightDecay) => new(
        OptimizerSettings.Beta1,
        OptimizerSettings.Beta2,
        OptimizerSettings.AdamEpsilon,
        weightDecay,
        lr / Correction(OptimizerSettings.Beta1, step),
        Math.Sqrt(Correction(OptimizerSettings.Beta2, step)));
}
