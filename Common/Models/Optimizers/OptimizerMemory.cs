using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TraversalLearning.Models.Optimizers;

/// <summary>The state of an optimizer over the flat θ: named tensors of θ's shape, and a step count.</summary>
/// <remarks>
/// The tensors are read and written in place: the optimizers' own loading assumes tensors that SGD lacks before its first step,
/// and no other program reads their file format.
/// </remarks>
public static class OptimizerMemory
{
    /// <summary>The optimizer's step count; 0 if it has none.</summary>
    public static long StepsOf(optim.Optimizer optimizer) => StateOf(optimizer) switch
    {
        Adadelta.State s => s.step,
        Adam.State s => s.step,
        AdamW.State s => s.step,
        _ => 0,
    };

    /// <summary>The optimizer's tensors by field name, in a fixed order. The optimizer owns them.</summary>
    public static IReadOnlyList<(string Name, Tensor Tensor)> TensorsOf(optim.Optimizer optimizer) => StateOf(optimizer) switch
    {
        Adadelta.State s => [(nameof(s.square_avg), s.square_avg), (nameof(s.acc_delta), s.acc_delta)],
        Adam.State s => [(nameof(s.exp_avg), s.exp_avg), (nameof(s.exp_avg_sq), s.exp_avg_sq)],
        AdamW.State s => [(nameof(s.exp_avg), s.exp_avg), (nameof(s.exp_avg_sq), s.exp_avg_sq)],
        SGD.State { momentum_buffer: { } buffer } => [(nameof(SGD.State.momentum_buffer), buffer)],
        SGD.State => [],
        var other => throw new ArgumentException($"no way to keep {other.GetType()}", nameof(optimizer)),
    };

    /// <summary>Prepares a fresh optimizer to restore the state of another.</summary>
    /// <param name="optimizer">A fresh optimizer of the same kind and settings.</param>
    /// <param name="steps">The step count to restore.</param>
    /// <param name="names">Names of the tensors to restore.</param>
    /// <returns>The tensors to fill. Their names differ from <paramref name="names"/> if the optimizer is of another kind.</returns>
    public static IReadOnlyList<(string Name, Tensor Tensor)> Prepare(optim.Optimizer optimizer, long steps, IEnumerable<string> names)
    {
        switch (StateOf(optimizer))
        {
            case Adadelta.State s:
                s.step = steps;
                break;
            case Adam.State s:
                s.step = steps;
                break;
            case AdamW.State s:
                s.step = steps;
                break;
            case SGD.State s when names.Contains(nameof(s.momentum_buffer), StringComparer.Ordinal):
                // Created by the first step with momentum.
                s.momentum_buffer ??= zeros_like(optimizer.parameters().Single()).DetachFromDisposeScope();
                break;
        }

        return TensorsOf(optimizer);
    }

    /// <summary>The state. There is one group with one parameter, the flat θ.</summary>
    internal static OptimizerState StateOf(optim.Optimizer optimizer) => ((OptimizerHelper)optimizer).state_dict().State.Single();
}
