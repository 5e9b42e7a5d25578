using System.Text.Json;
using System.Text.Json.Serialization;

namespace TraversalLearning.Messages;

/// <summary>
/// What an orchestrator says of a run beyond the model: the JSON of <see cref="Welcome.Run"/>. A node cannot verify all of
/// it, but it refuses what contradicts it.
/// </summary>
public sealed record RunTerms
{
    /// <summary>Largest size in bytes.</summary>
    public const int MaxJson = 1024;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>The method, without its parameter.</summary>
    public required string Algorithm { get; init; }

    /// <summary>Number of nodes.</summary>
    public required int Nodes { get; init; }

    /// <summary>Rows of a batch.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Last epoch; with methods in which nodes train by themselves, the last round.</summary>
    public required int Epochs { get; init; }

    /// <summary>Passes over its samples that a node does in a round by itself; <see langword="null"/> for methods without such rounds.</summary>
    public int? LocalEpochs { get; init; }

    /// <summary>Whether the orchestrator asks for the model of a blind run.</summary>
    public bool RevealModel { get; init; }

    /// <summary>Passes over a node's samples.</summary>
    [JsonIgnore]
    public long Passes => (long)Epochs * (LocalEpochs ?? 1);

    /// <summary>Parses the output of <see cref="ToJson"/>.</summary>
    /// <exception cref="FormatException">The JSON is malformed.</exception>
    public static RunTerms Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<RunTerms>(json, Json) is { Algorithm.Length: > 0, Nodes: > 0, BatchSize: > 0, Epochs: > 0, LocalEpochs: null or > 0 } terms
                ? terms
                : throw new FormatException("the orchestrator's terms of the run make no sense");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new FormatException("the orchestrator's terms of the run are malformed", e);
        }
    }

    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);
}
