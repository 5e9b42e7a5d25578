using static TorchSharp.torch;

namespace TraversalLearning.Models.Losses;

/// <summary>Weights of the classes in a loss, such as a higher one for a rare class.</summary>
internal static class ClassWeighting
{
    /// <summary>Maximum number of weights: they are sent in <c>Welcome</c> and given on the command line.</summary>
    public const int MaxCount = 1024;

    /// <summary>Why the weights are invalid for this number of classes; <see langword="null"/> if they are valid or omitted.</summary>
    public static string? Misfit(double[]? weights, int classes) =>
        weights is null ? null
        : weights.Length > MaxCount ? $"there are {weights.Length} class weights, and at most {MaxCount} are supported"
        : weights.Length != classes ? $"there are {weights.Length} class weights for {classes} classes; give one for each"
        : !Array.TrueForAll(weights, w => double.IsFinite(w) && w >= 0) ? "a class weight is a finite number, not below 0"
        : weights.Sum() > 0 ? null : "at least one class weight is above 0";

    /// <summary>The weights as a tensor, <c>[classes]</c>, with the type and device of the outputs.</summary>
    public static Tensor? Of(double[]? weights, Tensor outputs) => weights is null ? null : tensor(weights, dtype: outputs.dtype).to(outputs.device);
}
