using TraversalLearning.Orchestration.Reports;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>What <c>experiment status --json</c> says.</summary>
/// <param name="Study">Its name.</param>
/// <param name="Runs">In the order of the study.</param>
/// <param name="Counts">How many there are in each state.</param>
internal sealed record StudyStatusRecord(string Study, IEnumerable<StudyStatusRun> Runs, IReadOnlyDictionary<string, int> Counts);

/// <summary>How far a run has come: a <see cref="StudyRow"/> without the run's command line.</summary>
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
    /// <summary>That of a row.</summary>
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
