using TraversalLearning.Messages;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>Successive halving without waiting (ASHA): of the runs that have come to a rung, only the best go on.</summary>
/// <param name="FirstRung">Epochs of the first rung.</param>
/// <param name="Factor">Each rung has so many times the epochs of the one before, and one in so many runs goes on: η.</param>
/// <param name="Measure">What runs are judged by, as in <c>run.json</c>: <c>accuracy</c> (more is better) or <c>loss</c> (less is).</param>
internal sealed record HalvingSettings(int FirstRung, int Factor, string Measure)
{
    /// <summary>The measure of which more is better.</summary>
    public const string Accuracy = "accuracy";

    /// <summary>The measure of which less is better.</summary>
    public const string Loss = "loss";

    /// <summary>Whether runs are judged after so many epochs.</summary>
    public bool IsRung(int epoch)
    {
        long rung = FirstRung;
        while (rung < epoch)
        {
            rung *= Factor;
        }

        return rung == epoch;
    }

    /// <summary>What a run is judged by: the more, the better. A model that is no number is the worst.</summary>
    public double Score(RunProgress progress) =>
        Measure == Accuracy ? (double.IsFinite(progress.Accuracy) ? progress.Accuracy : double.MinValue)
        : double.IsFinite(progress.Loss) ? -progress.Loss : double.MinValue;

    /// <summary>
    /// Whether a run goes on from a rung: if it is among the best of those that have come there so far, one in <see cref="Factor"/>, and at least one.
    /// So the first ones go on, and who is as good as the last that does goes on too.
    /// </summary>
    /// <param name="score">Its own.</param>
    /// <param name="all">Of every run that has come there, its own among them.</param>
    public bool GoesOn(double score, IReadOnlyList<double> all)
    {
        int best = Math.Max(1, (all.Count + Factor - 1) / Factor);
        return all.Count(s => s > score) < best;
    }
}
