using System.Globalization;
using TraversalLearning.Tensors;

namespace TraversalLearning.Orchestration.Studies.Comparison;

/// <summary>
/// Which results count as those of centralized training: models whose parameters differ by rounding. Equal arithmetic in another order differs in
/// the last digit, and training multiplies that with every step. In float64 it stays far below the bound over many epochs; in float32 it soon passes
/// any bound that would still mean something, although every step was the same (<c>verify</c> shows that). So what float32 cannot tell, is left open.
/// </summary>
internal static class CentralizedEquality
{
    /// <summary>The largest difference of parameters, relative to the largest of each tensor, that is taken for rounding.</summary>
    public const double Bound = 1e-6;

    /// <summary>Whether every run of an algorithm ended with the model of centralized training; <see langword="null"/> if that cannot be told.</summary>
    public static bool? Holds(AlgorithmRuns algorithm) =>
        algorithm.ParameterDifference is not { } difference ? null
        : difference <= Bound ? true
        : algorithm.Runs[0].Plan.Options.ElementType == ElementType.Float64 ? false
        : null;

    /// <summary>What the columns of a table mean.</summary>
    public static string Explain(ElementType type) =>
        "Parameters differ by: the largest difference from those of centralized training of the same seed, relative to the largest of each tensor; "
        + string.Create(CultureInfo.InvariantCulture, $"up to {Bound:0e+0} counts as equal.")
        + (type == ElementType.Float64 ? string.Empty : " Float32 cannot tell other results from rounding that has grown; --dtype float64 can.");
}
