using TraversalLearning.Orchestration.Reports;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>The output of <c>experiment status --json</c>.</summary>
/// <param name="Study">Its name.</param>
/// <param name="Runs">In the order of the study.</param>
/// <param name="Counts">Number of runs in each state.</param>
internal sealed record StudyStatusRecord(string Study, IEnumerable<StudyStatusRun> Runs, IReadOnlyDictionary<string, int> Counts);

/// <summary>The status of a run: a <see cref="StudyRow"/> without the run's command line.</summary>
internal sealed record StudyStatusRun(
    string Name,
    IReadOnlyDictionary<string, string> Settings,
    int Repetition,
    StudyRunState State,
    string? Worker,
    int Attempts,
    int Epochs,
    double? Accuracy,
    double? Loss,
    string? Failure,
    IReadOnlyList<string> Faults,
    string Folder)
{
    /// <summary>Converts a row.</summary>
    public static StudyStatusRun Of(StudyRow row) => new(
        row.Run.Name,
        row.Run.Settings,
        row.Run.Repetition,
        row.State,
        row.Worker,
        row.Attempts,
        row.Epochs,
        row.Accuracy,
        row.Loss,
        row.Failure,
        row.Faults,
        row.Folder);
}
