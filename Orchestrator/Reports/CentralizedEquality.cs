using System.Collections.ObjectModel;
using System.Globalization;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Reports.Results;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>
/// Decides which results count as equal to those of centralized training: models whose parameters differ only by
/// rounding. The same arithmetic in another order differs in the last digit, and training amplifies that with every
/// step. In float64 the difference stays far below the bound over many epochs. In float32 it soon exceeds any
/// meaningful bound although every step was equal (which <c>verify</c> shows), so float32 leaves the question open.
/// </summary>
internal static class CentralizedEquality
{
    /// <summary>
    /// Largest parameter difference attributed to rounding, relative to the largest value of each tensor.
    /// </summary>
    public const double Bound = 1e-6;

    /// <summary>Whether settings are those of centralized training.</summary>
    public static bool IsCentralized(IReadOnlyDictionary<string, string> settings) => settings.GetValueOrDefault(StudyRun.Algorithm) == Algorithm.Centralized.ToString();

    /// <summary>
    /// Compares each completed run with centralized training of the same repetition and settings, once all runs of the
    /// study have ended, because models are large.
    /// </summary>
    /// <exception cref="Hosting.UserErrorException">A model cannot be read.</exception>
    public static IReadOnlyList<ReportedRun> Compare(IReadOnlyList<ReportedRun> runs)
    {
        if (!runs.All(r => r.State.IsFinal()))
        {
            return runs;
        }

        ReportedRun[] references = [.. runs.Where(r => IsDone(r) && IsCentralized(r.Settings))];
        Measure? main = Measure.Of(runs.Select(r => r.Measures)).FirstOrDefault();
        return
        [
            .. from run in runs
               let reference = IsDone(run) && !IsCentralized(run.Settings) ? Array.Find(references, r => IsAlike(r, run)) : null
               select reference is null ? run : run with { FromCentralized = Differences(run, reference, main) },
        ];
    }

    /// <summary>
    /// Whether all runs of a group ended with the model of centralized training; <see langword="null"/> if undecidable.
    /// </summary>
    public static bool? Holds(RunGroup group) =>
        group.ParameterDifference is not { } difference ? null
        : difference <= Bound ? true
        : group.Done.All(IsFloat64) ? false
        : null;

    /// <summary>Explains the columns of a table.</summary>
    public static string Explain(Report report) =>
        "Parameters differ by: the largest difference from those of centralized training of the same seed, relative to the largest of each tensor; "
        + string.Create(CultureInfo.InvariantCulture, $"up to {Bound:0e+0} counts as equal.")
        + (report.Groups.SelectMany(g => g.Group.Done).All(IsFloat64) ? string.Empty : " Float32 cannot tell other results from rounding that has grown; --dtype float64 can.");

    private static bool IsDone(ReportedRun run) => run is { State: StudyRunState.Done, Finished: not null };

    private static bool IsFloat64(ReportedRun run) => JsonText.Of(run.Record?.Options["dtype"]) == "float64";

    /// <summary>Centralized training does not accept every setting, such as the partition; those are empty.</summary>
    private static bool IsAlike(ReportedRun reference, ReportedRun run) => reference.Repetition == run.Repetition
        && reference.Settings.All(s => s.Key == StudyRun.Algorithm || s.Value.Length == 0 || s.Value == run.Settings.GetValueOrDefault(s.Key));

    private static ReadOnlyDictionary<string, double> Differences(ReportedRun run, ReportedRun reference, Measure? main)
    {
        var differences = new Dictionary<string, double>(StringComparer.Ordinal);
        if (main is not null && run.Measures.TryGetValue(main.Name, out double own) && reference.Measures.TryGetValue(main.Name, out double its))
        {
            differences[RunNumbers.MeasureDifference] = own - its;
        }

        (string model, string other) = (run.Finished!.ModelPath, reference.Finished!.ModelPath);
        if (File.Exists(model) && File.Exists(other))
        {
            differences[RunNumbers.ParameterDifference] = ModelDifference.Of(model, other);
        }

        return differences.AsReadOnly();
    }
}
