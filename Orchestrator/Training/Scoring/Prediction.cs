using System.Globalization;

namespace TraversalLearning.Orchestration.Training.Scoring;

/// <summary>A model's predictions for samples, with class names.</summary>
/// <param name="Scores">The predictions.</param>
/// <param name="ClassNames">In the order of the outputs; <see langword="null"/> where classes are numbers.</param>
internal sealed record Prediction(Scores Scores, IReadOnlyList<string>? ClassNames)
{
    /// <summary>The name of a class, or its number if it has none.</summary>
    public string NameOf(int index) => ClassNames?.ElementAtOrDefault(index) ?? index.ToString(CultureInfo.InvariantCulture);
}
