using static TorchSharp.torch;

namespace TraversalLearning.Models.Losses;

/// <summary>How much the rows of each class weigh in a loss, such as more for a rare one.</summary>
internal static class ClassWeighting
{
    /// <summary>The most classes that can be given weights: they travel in <c>Welcome</c>, and stand on the command line.</summary>
    public const int MaxCount = 1024;

    /// <summary>Why these are no weights of so many classes; <see langword="null"/> if they are, or there are none.</summary>
    public static string? Misfit(double[]? weights, int classes) =>
        weights is null ? null
        : weights.Length > MaxCount ? $"there are {weights.Length} class weights, and at most {MaxCount} are supported"
        : weights.Length != classes ? $"there are {weights.Length} class weights for {classes} classes; give one for each"
        : !Array.TrueForAll(weights, w => double.IsFinite(w) && w >= 0) ? "a class weight is a finite number, not below 0"
        : weights.Sum() > 0 ? null : "at least one class weight is above 0";

    /// <summary>The weights as a tensor beside outputs: <c>[classes]</c>, of their type and on their device.</summary>
    public static Tensor? Of(double[]? weights, Tensor outputs) => weights is null ? null : tensor(weights, dtype: outputs.dtype).to(outputs.device);
}
