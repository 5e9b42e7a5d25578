using System.Collections.ObjectModel;
using System.Globalization;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Reports.Results;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>
/// Which results count as those of centralized training: models whose parameters differ by rounding. Equal arithmetic in another order differs in
/// the last digit, and training multiplies that with every step. In float64 it stays far below the bound over many epochs; in float32 it soon passes
/// any bound that would still mean something, although every step was the same (<c>verify</c> shows that). So what float32 cannot tell, is left open.
/// </summary>
internal static class CentralizedEquality
{
    /// <summary>The largest difference of parameters, relative to the largest of each tensor, that is taken for rounding.</summary>
    public const double Bound = 1e-6;

    /// <summary>Whether settings are those of centralized training.</summary>
    public static bool IsCentralized(IReadOnlyDictionary<string, string> settings) => settings.GetValueOrDefault(StudyRun.Algorithm) == Algorithm.Centralized.ToString();

    /// <summary>Compares each run that is done with centralized training of the same repetition and settings, once every run of the study has ended: models are large.</summary>
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

    /// <summary>Whether every run of a group ended with the model of centralized training; <see langword="null"/> if that cannot be told.</summary>
    public static bool? Holds(RunGroup group) =>
        group.ParameterDifference is not { } difference ? null
        : difference <= Bound ? true
        : group.Done.All(IsFloat64) ? false
        : null;

    /// <summary>What the columns of a table mean.</summary>
    public static string Explain(Report report) =>
        "Parameters differ by: the largest difference from those of centralized training of the same seed, relative to the largest of each tensor; "
        + string.Create(CultureInfo.InvariantCulture, $"up to {Bound:0e+0} counts as equal.")
        + (report.Groups.SelectMany(g => g.Group.Done).All(IsFloat64) ? string.Empty : " Float32 cannot tell other results from rounding that has grown; --dtype float64 can.");

    private static bool IsDone(ReportedRun run) => run is { State: StudyRunState.Done, Finished: not null };

    private static bool IsFloat64(ReportedRun run) => run.Text("options", "dtype") == "float64";

    /// <summary>Centralized training does not take every setting, such as the partition; what it does not take is empty.</summary>
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
