using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TraversalLearning.Models.Optimizers;

/// <summary>What an optimizer over the flat θ remembers between steps, as named tensors of θ's shape and a step count.</summary>
/// <remarks>
/// The tensors themselves, read and written in place: the optimizers' own loading assumes tensors that SGD does not have before its first
/// step, and their own file format can be read by nothing else.
/// </remarks>
public static class OptimizerMemory
{
    /// <summary>How many steps it has counted; 0 for those that do not count.</summary>
    public static long StepsOf(optim.Optimizer optimizer) => StateOf(optimizer) switch
    {
        Adadelta.State s => s.step,
        Adam.State s => s.step,
        AdamW.State s => s.step,
        _ => 0,
    };

    /// <summary>Its tensors by the names of their fields, in a fixed order. They belong to the optimizer.</summary>
    public static IReadOnlyList<(string Name, Tensor Tensor)> TensorsOf(optim.Optimizer optimizer) => StateOf(optimizer) switch
    {
        Adadelta.State s => [(nameof(s.square_avg), s.square_avg), (nameof(s.acc_delta), s.acc_delta)],
        Adam.State s => [(nameof(s.exp_avg), s.exp_avg), (nameof(s.exp_avg_sq), s.exp_avg_sq)],
        AdamW.State s => [(nameof(s.exp_avg), s.exp_avg), (nameof(s.exp_avg_sq), s.exp_avg_sq)],
        SGD.State { momentum_buffer: { } buffer } => [(nameof(SGD.State.momentum_buffer), buffer)],
        SGD.State => [],
        var other => throw new ArgumentException($"no way to keep {other.GetType()}", nameof(optimizer)),
    };

    /// <summary>Makes an optimizer that has done no step ready to take over the tensors of one that has.</summary>
    /// <param name="optimizer">Of the same kind and options.</param>
    /// <param name="steps">What the other counted.</param>
    /// <param name="names">Which tensors the other had.</param>
    /// <returns>Its tensors, whose contents are to be set; other names than <paramref name="names"/> if that is not the same kind of optimizer.</returns>
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
                // It appears with the first step that has momentum.
                s.momentum_buffer ??= zeros_like(optimizer.parameters().Single()).DetachFromDisposeScope();
                break;
        }

        return TensorsOf(optimizer);
    }

    /// <summary>The state itself: there is one group with one parameter, the flat θ.</summary>
    internal static OptimizerState StateOf(optim.Optimizer optimizer) => ((OptimizerHelper)optimizer).state_dict().State.Single();
}
