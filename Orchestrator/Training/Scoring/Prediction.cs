using System.Globalization;

namespace TraversalLearning.Orchestration.Training.Scoring;

/// <summary>What a model says of samples, and what its classes are called.</summary>
/// <param name="Scores">What it says.</param>
/// <param name="ClassNames">In the order of its outputs; <see langword="null"/> where classes are numbers.</param>
internal sealed record Prediction(Scores Scores, IReadOnlyList<string>? ClassNames)
{
    /// <summary>What to call a class: by its name, if it has one.</summary>
    public string NameOf(int index) => ClassNames?.ElementAtOrDefault(index) ?? index.ToString(CultureInfo.InvariantCulture);
}
