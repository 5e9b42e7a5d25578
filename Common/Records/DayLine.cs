using System.Text.Json.Serialization;

namespace TraversalLearning.Records;

/// <summary>The first line of a day's file.</summary>
public sealed record DayLine : RecordLine
{
    /// <summary>The day, which is the file's name.</summary>
    public required DateOnly Day { get; init; }

    /// <summary>Name of the file before this one; <see langword="null"/> for the first.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? After { get; init; }

    /// <summary>Hash of the last line of the file before.</summary>
    public required string Previous { get; init; }
}
