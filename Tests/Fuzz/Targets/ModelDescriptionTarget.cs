using System.Text;
using TraversalLearning.Models;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Fuzz;

/// <summary>The model's description, as it comes in <c>Welcome</c> or from a file. What is accepted can be said again, and is within the limits.</summary>
internal sealed class ModelDescriptionTarget : FuzzTarget
{
    private const long MaxParameters = 268_435_455;

    /// <inheritdoc/>
    public override string Name => "model";

    /// <inheritdoc/>
    public override int ShortRun => 100_000;

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> Corpus { get; } =
    [
        .. new[] { ModelPresets.Create("mlp"), ModelPresets.Create("cnn"), ClusterOptions.SmallCnn, ClusterOptions.SmallMlp }
            .Select(m => Encoding.UTF8.GetBytes(m.ToJson())),
        [.. """{"layers":[{"in":4,"out":2,"name":"fc1","type":"linear"}],"class_count":2,"input_shape":[4],"name":"minimal"}"""u8],
    ];

    /// <inheritdoc/>
    public override void Consume(byte[] input)
    {
        ModelDescription model = ModelDescription.Parse(Encoding.UTF8.GetString(input));
        string json = model.ToJson();
        if (!string.Equals(ModelDescription.Parse(json).ToJson(), json, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"does not survive being written: {json}");
        }

        bool sane = model.ParameterCount is >= 0 and <= MaxParameters
            && new[] { 1, model.Layers.Length / 2, model.Layers.Length }.All(n => model.ShapeBehind(n).All(d => d > 0));
        if (!sane)
        {
            throw new InvalidOperationException($"{model.ParameterCount} parameters, or a layer without output: {json}");
        }

        model.ParseCut($"{model.Layers.Length}");
    }

    /// <inheritdoc/>
    public override string? KindOfRefusal(Exception e) => (e as ModelException)?.GetType().Name;

    /// <inheritdoc/>
    public override long MaxAllocation(byte[] input) => (64 * 1024) + (64 * input.Length);

    /// <inheritdoc/>
    protected override byte[] Mutate(byte[] input, FuzzRandom random) => JsonMutations.Apply(input, random, Corpus);
}
