using System.Text.Json;
using System.Text.Json.Serialization;
using TraversalLearning.Data;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;

namespace TraversalLearning.Nodes.Blind;

/// <summary>What a node needs, besides the model, to plan and to train by itself: the JSON of <see cref="Messages.BlindStart"/>.</summary>
public sealed record BlindTerms
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        IgnoreReadOnlyProperties = true,
        IncludeFields = true,
    };

    /// <summary>Names the run across interruptions: 32 hexadecimal digits.</summary>
    public required string Run { get; init; }

    /// <summary>Seed of the virtual batches.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Rows per virtual batch.</summary>
    public required int BatchSize { get; init; }

    /// <summary>How a smaller last batch of an epoch is handled.</summary>
    public LastBatch LastBatch { get; init; }

    /// <summary>Share of its samples that each node holds out of training.</summary>
    public double ValidationFraction { get; init; }

    /// <summary>The optimizer and its schedule.</summary>
    public required OptimizerSettings Optimizer { get; init; }

    /// <summary>Bits of the integers in which gradients are added.</summary>
    public required int SumBits { get; init; }

    /// <summary>Nodes that must have rows in a batch for it to be trained on.</summary>
    public required int MinNodesPerBatch { get; init; }

    /// <summary>Neighbours in the graph of pairwise masks; 0 for all other nodes.</summary>
    public int MaskNeighbours { get; init; }

    /// <summary>Whether the run goes on without nodes that are lost, so that a step may have fewer nodes than the plan names.</summary>
    public bool Skips { get; init; }

    /// <summary>Traits of all nodes' samples, for the model file; <see langword="null"/> for tables.</summary>
    public SampleTraits? Samples { get; init; }

    /// <summary>Parses and validates terms.</summary>
    /// <exception cref="ModelException">The terms are malformed, or this version does not support them.</exception>
    public static BlindTerms Parse(string json)
    {
        try
        {
            BlindTerms terms = JsonSerializer.Deserialize<BlindTerms>(json, Json) ?? throw new ModelException("the terms of the run are null");
            return terms.IsSound()
                ? terms
                : throw new ModelException("the orchestrator's terms of the run are not usable");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new ModelException($"the orchestrator's terms of the run are malformed, or this version does not have them: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    private bool IsSound()
    {
        OptimizerSettings o = Optimizer;
        return Run.Length == 32 && Run.All(char.IsAsciiHexDigitLower)
            && BatchSize >= 1
            && ValidationFraction is >= 0 and < 1
            && MinNodesPerBatch >= 1
            && MaskNeighbours >= 0
            && Enum.IsDefined(o.Kind)
            && new[] { o.EffectiveLearningRate, o.Momentum, o.WeightDecay, o.ClipGradNorm, o.Schedule.Gamma }.All(v => double.IsFinite(v) && v >= 0)
            && (!o.Nesterov || o.Momentum > 0)
            && o.Schedule is { StepSize: >= 1, Epochs: >= 1, WarmupEpochs: >= 0, Milestones: not null };
    }
}
