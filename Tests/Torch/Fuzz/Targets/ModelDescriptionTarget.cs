using System.Text;
using TraversalLearning.Models.Layers;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Fuzz;

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
        .. new[]
            {
                ModelPresets.Create("mlp"), ModelPresets.Create("cnn"), ModelPresets.Create("lenet5"), ModelPresets.Create("resnet"),
                ModelPresets.Create("tabular:8,2"), ModelPresets.Create("text:9,5,2"), ClusterOptions.SmallCnn, ClusterOptions.SmallMlp,
            }
            .Select(m => Encoding.UTF8.GetBytes(m.ToJson())),
        [.. """{"layers":[{"in":4,"out":2,"name":"fc1","type":"linear"}],"class_count":2,"input_shape":[4],"name":"minimal"}"""u8],
        [.. """{"name":"b","input_shape":[2,9],"class_count":2,"layers":[{"type":"conv1d","name":"c","in":2,"out":4,"kernel":3,"bias":false},{"type":"group_norm","name":"g","groups":2,"channels":4},{"type":"max_pool1d","name":"p","kernel":2},{"type":"transpose","name":"t"},{"type":"residual","name":"r","body":[{"type":"residual","name":"i","body":[{"type":"dropout","name":"d","p":0.5}],"relu":true}],"shortcut":[{"type":"layer_norm","name":"l","size":4}]},{"type":"lstm","name":"h","in":4,"hidden":2}]}"""u8],
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
