using System.Text.Json.Serialization;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>State of a run of a study.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StudyRunState>))]
internal enum StudyRunState
{
    /// <summary>Waiting for a worker.</summary>
    [JsonStringEnumMemberName("queued")]
    Queued,

    /// <summary>In progress on a worker.</summary>
    [JsonStringEnumMemberName("running")]
    Running,

    /// <summary>Completed, after all of its epochs or by a stop rule.</summary>
    [JsonStringEnumMemberName("done")]
    Done,

    /// <summary>
    /// Stopped early by successive halving, because other runs were better. Its results are those of its last epoch.
    /// </summary>
    [JsonStringEnumMemberName("halved")]
    Halved,

    /// <summary>Failed too often.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}

/// <summary>The names of <see cref="StudyRunState"/>.</summary>
internal static class StudyRunStates
{
    public static string ToWord(this StudyRunState state) => state.ToString().ToLowerInvariant();

    /// <summary>Parses a name.</summary>
    /// <exception cref="FormatException">Unknown name.</exception>
    public static StudyRunState Parse(string word) => Enum.TryParse(word, ignoreCase: true, out StudyRunState state)
        ? state
        : throw new FormatException($"'{word}' is no state of a run");

    /// <summary>Whether the state is final.</summary>
    public static bool IsFinal(this StudyRunState state) => state is StudyRunState.Done or StudyRunState.Halved or StudyRunState.Failed;
}

/// <summary>The status of one run of a study, besides the results in its folder.</summary>
/// <param name="Run">The run.</param>
/// <param name="State">Its state.</param>
internal sealed record StudyRow(StudyRun Run, StudyRunState State)
{
    public required string Folder { get; init; }

    /// <summary>The row when the study is no longer being executed: runs in progress go back to the queue.</summary>
    public StudyRow Forsaken() => State == StudyRunState.Running ? this with { State = StudyRunState.Queued } : this;

    /// <summary>The current or last worker; <see langword="null"/> before the first attempt.</summary>
    public string? Worker { get; init; }

    /// <summary>Number of attempts.</summary>
    public int Attempts { get; init; }

    /// <summary>Why its last attempt failed; <see langword="null"/> if it did not.</summary>
    public string? Failure { get; init; }

    /// <summary>Completed epochs, as far as reported.</summary>
    public int Epochs { get; init; }

    /// <summary>Accuracy on the test set after the last of them; <see langword="null"/> without a test set.</summary>
    public double? Accuracy { get; init; }

    /// <summary>Loss on the test set after the last of them.</summary>
    public double? Loss { get; init; }

    /// <summary>Faults during the run: lost nodes and failed attempts, in words.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];
}
