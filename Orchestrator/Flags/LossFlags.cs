using System.CommandLine;
using System.Text.Json.Nodes;
using TraversalLearning.Hosting;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>The flags of what is minimised. But for the first they are the keys of the loss's JSON: a loss that has no such key refuses them.</summary>
internal sealed class LossFlags
{
    private const string Weights = "class_weights";
    private const string Smoothing = "label_smoothing";

    private readonly Flag<string> _loss = Flag.Choice(
        "--loss", "What is minimised", [.. LossFunction.Names.Select(n => (n, n))]);

    private readonly Flag<double[]> _classWeights = Flag.Numbers(
        $"--{Weights}", "How much the rows of each class weigh in cross_entropy and bce_with_logits, such as 1,2,0.5", min: 0);

    private readonly Flag<double> _labelSmoothing = Flag.Number(
        $"--{Smoothing}", "Share of a label that goes to all classes alike, for cross_entropy", 0, min: 0, max: 1);

    /// <summary>All of them.</summary>
    public IEnumerable<Option> Options => [_loss.Option, _classWeights.Option, _labelSmoothing.Option];

    /// <summary>Reads and validates.</summary>
    /// <param name="result">What was given.</param>
    /// <param name="model">What it is to go with; <see langword="null"/> if that depends on tables that are yet to be read.</param>
    /// <exception cref="UserErrorException">Values that do not go together, or with the model.</exception>
    public LossFunction Read(ParseResult result, ModelDescription? model)
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

        try
        {
            var loss = LossFunction.Create(_loss.Get(result), settings);
            return model is not null && loss.Misfit(model) is { } misfit ? throw new ModelException($"--loss {loss.Name}: {misfit}") : loss;
        }
        catch (ModelException e)
        {
            throw new UserErrorException(ExitCode.Usage, e.Message, e);
        }
    }
}
