using TraversalLearning.Messages;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>Asynchronous successive halving (ASHA): of the runs that reach a rung, only the best continue.</summary>
/// <param name="FirstRung">Epochs of the first rung.</param>
/// <param name="Factor">η: each rung has this many times the epochs of the previous one, and one in this many runs
/// continues.</param>
/// <param name="Measure">The measure that ranks runs, as in <c>run.json</c>: <c>accuracy</c> (higher is better) or
/// <c>loss</c> (lower is better).</param>
internal sealed record HalvingSettings(int FirstRung, int Factor, string Measure)
{
    /// <summary>The measure where higher is better.</summary>
    public const string Accuracy = "accuracy";

    /// <summary>The measure where lower is better.</summary>
    public const string Loss = "loss";

    /// <summary>Whether runs are ranked after this epoch.</summary>
    public bool IsRung(int epoch)
    {
        long rung = FirstRung;
        while (rung < epoch)
        {
            rung *= Factor;
        }

        return rung == epoch;
    }

    /// <summary>A run's score; higher is better. A non-finite value is the worst.</summary>
    public double Score(RunProgress progress) =>
        Measure == Accuracy ? (double.IsFinite(progress.Accuracy) ? progress.Accuracy : double.MinValue)
        : double.IsFinite(progress.Loss) ? -progress.Loss : double.MinValue;

    /// <summary>
    /// Whether a run continues from a rung: it must be among the best one in <see cref="Factor"/>, and at least one, of
    /// the runs that have reached it so far. The first runs therefore continue, and so do ties with the last one that
    /// does.
    /// </summary>
    /// <param name="score">The run's score.</param>
    /// <param name="all">The scores of all runs that have reached the rung, including this one.</param>
    public bool GoesOn(double score, IReadOnlyList<double> all)
    {
        int best = Math.Max(1, (all.Count + Factor - 1) / Factor);
        return all.Count(s => s > score) < best;
    }
}
