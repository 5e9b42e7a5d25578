using System.CommandLine;
using System.Text.Json.Nodes;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>
/// Flags of the loss. All but the first are keys of the loss's JSON; a loss without such a key rejects the flag.
/// </summary>
internal sealed class LossFlags : FlagSection
{
    private const string Weights = "class_weights";
    private const string Smoothing = "label_smoothing";

    private readonly RunFlag<string> _loss;
    private readonly RunFlag<double[]> _classWeights;
    private readonly RunFlag<double> _labelSmoothing;

    public LossFlags()
    {
        _loss = Add(new RunFlag<string>(
            Flag.Choice("--loss", "what is minimised ([losses](models.md#losses))", [.. LossFunction.Names.Select(n => (n, n))]), o => o.Loss.Name)
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Result,
            Formerly = LossFunction.Default.Name,
            Json = o => JsonNode.Parse(o.Loss.ToJson()),
        });
        _classWeights = Add(new RunFlag<double[]>(
            Flag.Numbers($"--{Weights}", "weights of the classes in `cross_entropy` and `bce_with_logits`, such as `1,2,0.5`", min: 0),
            o => (o.Loss.Setting(Weights) as JsonArray)?.Select(w => w!.GetValue<double>()).ToArray() ?? [])
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Result,
            Identity = o => TextOf(o.Loss.Setting(Weights)),
        });
        _labelSmoothing = Add(new RunFlag<double>(
            Flag.Number($"--{Smoothing}", "share of a label that is spread over all classes, for `cross_entropy`", 0, min: 0, max: 1),
            o => o.Loss.Setting(Smoothing)?.GetValue<double>() ?? 0)
        {
            Uses = FlagUse.Compute,
            Effect = FlagEffect.Result,
            Identity = o => TextOf(o.Loss.Setting(Smoothing)),
        });
    }

    /// <inheritdoc/>
    public override RunOptions Read(RunOptions options, ParseResult result)
    {
        var settings = new Dictionary<string, JsonNode>(StringComparer.Ordinal);
        if (_classWeights.Get(result) is { Length: > 0 } weights)
        {
            settings[Weights] = new JsonArray([.. weights.Select(w => JsonValue.Create(w))]);
        }

        if (_labelSmoothing.Get(result) is > 0 and var smoothing)
        {
            settings[Smoothing] = JsonValue.Create(smoothing);
        }

        return ErrorTable.ReadingFlags.Guard(() =>
        {
            var loss = LossFunction.Create(_loss.Get(result), settings);
            return !options.SizedByData && loss.Misfit(options.Model) is { } misfit
                ? throw new ModelException($"--loss {loss.Name}: {misfit}")
                : options with { Loss = loss };
        });
    }

    private static string? TextOf(JsonNode? setting) =>
        setting is JsonArray list ? string.Join(',', list.Select(v => v!.ToJsonString())) : setting?.ToJsonString();
}
