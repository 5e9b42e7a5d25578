using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit.Attacks;

/// <summary>A model's first layer, where that is linear: its gradient is linear in the inputs.</summary>
/// <param name="Inputs">Elements of a sample.</param>
/// <param name="Units">Elements of its output.</param>
/// <param name="HasBias">Whether it has a bias.</param>
internal readonly record struct FirstLayer(long Inputs, long Units, bool HasBias)
{
    /// <summary>The first layer that is not merely a flattening; <see langword="null"/> if it is not linear.</summary>
    public static FirstLayer? Of(TrainingSetup setup) => setup.Model.Layers.FirstOrDefault(l => l is not FlattenLayer) is LinearLayer linear
        ? new FirstLayer(linear.In, linear.Out, linear.Bias ?? true)
        : null;

    /// <summary>The same, if also the cut is right behind it.</summary>
    public static FirstLayer? AtCut(TrainingSetup setup) =>
        setup.Model.Layers.Take(setup.Cut).Count(l => l is not FlattenLayer) == 1 ? Of(setup) : null;

    /// <summary>The weights in a flat θ or ∇θ: <c>[units, inputs]</c>.</summary>
    public Tensor Weights(Tensor flat) => flat.narrow(0, 0, Units * Inputs).view(Units, Inputs);

    /// <summary>The biases in a flat θ or ∇θ: <c>[units]</c>.</summary>
    public Tensor Biases(Tensor flat) => HasBias ? flat.narrow(0, Units * Inputs, Units) : zeros([Units], dtype: flat.dtype);
}
