using System.Text.Json.Serialization;

namespace TraversalLearning.Records;

/// <summary>A line of the record of what left a node, without its hash (docs/reference/record.md).</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "line")]
[JsonDerivedType(typeof(FrameLine), "message")]
[JsonDerivedType(typeof(DayLine), "day")]
[JsonDerivedType(typeof(InterruptionLine), "interruption")]
public abstract record RecordLine
{
    /// <summary>The line's number in the whole record, from 1.</summary>
    [JsonPropertyOrder(-2)]
    public long N { get; init; }

    /// <summary>UTC.</summary>
    [JsonPropertyOrder(-1)]
    public DateTime Time { get; init; }
}
