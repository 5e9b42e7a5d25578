using System.Text.Json.Serialization;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>How far a run of a study has come.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StudyRunState>))]
internal enum StudyRunState
{
    /// <summary>It waits for a worker.</summary>
    [JsonStringEnumMemberName("queued")]
    Queued,

    /// <summary>A worker does it.</summary>
    [JsonStringEnumMemberName("running")]
    Running,

    /// <summary>It has ended well, after all of its epochs or where a rule stopped it.</summary>
    [JsonStringEnumMemberName("done")]
    Done,

    /// <summary>Others were better: successive halving has ended it early. Its results are those of its last epoch.</summary>
    [JsonStringEnumMemberName("halved")]
    Halved,

    /// <summary>It failed as often as it may.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}

/// <summary>The words for <see cref="StudyRunState"/>.</summary>
internal static class StudyRunStates
{
    /// <summary>The word.</summary>
    public static string ToWord(this StudyRunState state) => state.ToString().ToLowerInvariant();

    /// <summary>Reads the word.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static StudyRunState Parse(string word) => Enum.TryParse(word, ignoreCase: true, out StudyRunState state)
        ? state
        : throw new FormatException($"'{word}' is no state of a run");

    /// <summary>Whether nothing is left to be done.</summary>
    public static bool IsFinal(this StudyRunState state) => state is StudyRunState.Done or StudyRunState.Halved or StudyRunState.Failed;
}

/// <summary>What is known of one run of a study, beside what it left in its folder.</summary>
/// <param name="Run">Which.</param>
/// <param name="State">How far it has come.</param>
internal sealed record StudyRow(StudyRun Run, StudyRunState State)
{
    /// <summary>Its folder.</summary>
    public required string Folder { get; init; }

    /// <summary>The same where nobody runs the study: what was under way when it ended waits.</summary>
    public StudyRow Forsaken() => State == StudyRunState.Running ? this with { State = StudyRunState.Queued } : this;

    /// <summary>Who does it, or did it last; <see langword="null"/> if nobody has begun.</summary>
    public string? Worker { get; init; }

    /// <summary>How often it was begun.</summary>
    public int Attempts { get; init; }

    /// <summary>Why its last try failed; <see langword="null"/> if it did not.</summary>
    public string? Failure { get; init; }

    /// <summary>Epochs that it has completed, as far as it has said.</summary>
    public int Epochs { get; init; }

    /// <summary>On the test set after the last of them; <see langword="null"/> where there is none.</summary>
    public double? Accuracy { get; init; }

    /// <summary>On the test set after the last of them.</summary>
    public double? Loss { get; init; }

    /// <summary>Faults that were seen while it ran: lost nodes and tries that failed, in words.</summary>
    public IReadOnlyList<string> Faults { get; init; } = [];
}
